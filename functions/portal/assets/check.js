// Contract number and key as people type them, with the check characters: the same rules as in the
// domain (shared/guarantee: number, key, typed), so that a slip is caught before anything is sent.

const DAMM = [
  '0317598642', '7092154863', '4206871359', '1750983426', '6123045978',
  '3674209581', '5869720134', '8945362017', '9438617205', '2581436790',
];
const LETTERS = '0123456789ACEFHJKMNPRTUWXY';
const LOOKS_LIKE = { B: '8', S: '5', Z: '2', D: '0', O: '0', Q: '0', I: '1', L: '1', G: '6', V: 'U' };

const DASHES = /[-\u2010-\u2015\u2212\u2500\u30FC_]/g;
const UNSEEN = /[\u00AD\u200B-\u200F\u2060\uFEFF]/g;

/** The letters that were meant: half-width, upper case, without spaces and dashes. */
const letters = (typed) =>
  typed.normalize('NFKC').replace(/\p{White_Space}/gu, '').replace(DASHES, '').replace(UNSEEN, '')
    .replace(/[a-z]/g, (letter) => letter.toUpperCase());

const grouped = (text, size) => text.match(new RegExp(`.{${size}}`, 'g')).join('-');

/** Reads a contract number: `{ value }`, or `{ fault, count }` that says what to mend. */
export function readNumber(typed) {
  const digits = letters(typed);
  const count = [...digits].length;
  if (count === 0) return { fault: 'number.empty' };
  if (!/^[0-9]+$/.test(digits)) return { fault: 'number.digits' };
  if (count !== 12) return { fault: 'number.length', count };
  const interim = [...digits].reduce((row, digit) => Number(DAMM[row][digit]), 0);
  return interim === 0 ? { value: grouped(digits, 4) } : { fault: 'number.slip' };
}

/** Reads an authentication key: `{ value }`, or `{ fault, count }` that says what to mend. */
export function readKey(typed) {
  const meant = [...letters(typed)].map((letter) => LOOKS_LIKE[letter] ?? letter);
  if (meant.length === 0) return { fault: 'key.empty' };
  if (meant.some((letter) => !LETTERS.includes(letter))) return { fault: 'key.letters' };
  if (meant.length !== 25) return { fault: 'key.length', count: meant.length };
  let [sum, weight] = [0, 1];
  for (const letter of meant) {
    sum = (sum + weight * LETTERS.indexOf(letter)) % 29;
    weight = (weight * 2) % 29;
  }
  return sum === 0 ? { value: grouped(meant.join(''), 5) } : { fault: 'key.slip' };
}

const NUMBER_LABEL = /保証契約番号|GUARANTEE CONTRACT NUMBER|CONTRACT NUMBER/;
const KEY_LABEL = /認証キー|AUTHENTICATION KEY/;

/**
 * Number and key out of one piece of text, such as what stands on the notice, in any order and with or
 * without their names: `{ number, key }` as typed, or null where the text does not hold both.
 */
export function readBoth(pasted) {
  const text = pasted.normalize('NFKC').replace(UNSEEN, '').toUpperCase();
  const pieces = text.replace(DASHES, '').split(/[^0-9A-Z\s]+/).map((piece) => piece.replace(/\s/g, ''));
  const right = { number: pieces.find((piece) => readNumber(piece).value), key: pieces.find((piece) => readKey(piece).value) };
  if (right.number && right.key) return right;
  const named = (label, wanted, count) => {
    const found = label.exec(text);
    if (!found) return null;
    const rest = text.slice(found.index + found[0].length).split(NUMBER_LABEL)[0].split(KEY_LABEL)[0];
    const taken = [...rest.replace(/^[^0-9A-Z]*/, '').replace(DASHES, '').replace(/\s/g, '')];
    const run = taken.join('').match(wanted)?.[0];
    return run ? run.slice(0, count) : null;
  };
  const [number, key] = [named(NUMBER_LABEL, /^[0-9]+/, 12), named(KEY_LABEL, /^[0-9A-Z]+/, 25)];
  if (number && key) return { number, key };
  const run = text.replace(/[^0-9A-Z]/g, '');
  if (run.length !== 37) return null;
  const orders = [[run.slice(0, 12), run.slice(12)], [run.slice(25), run.slice(0, 25)]]
    .filter(([digits]) => /^[0-9]+$/.test(digits));
  const order = orders.find(([digits, rest]) => readNumber(digits).value && readKey(rest).value)
    ?? orders.find(([digits, rest]) => readNumber(digits).value || readKey(rest).value) ?? orders[0];
  return order ? { number: order[0], key: order[1] } : null;
}
