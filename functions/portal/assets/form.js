// Fields, and the faults beside them. A field is named by the JSON pointer of what it fills, so that a
// fault of the API finds its place by its own pointer.

import { button, h, prose } from './dom.js';
import { faultWords, moved, words } from './api.js';
import { t } from './language.js';
import { day } from './words.js';

const idOf = (pointer) => `field${pointer.replaceAll('/', '-')}`;

/** Whether a field has to be filled in; null says nothing of it. */
export const marks = (required) => required
  ? h('span', { class: 'mark required' }, t('required'))
  : required === false && h('span', { class: 'mark' }, t('optional'));

/** Figures, which stand beside their unit. */
const FIGURES = {
  money: { input: { inputmode: 'numeric', class: 'money' }, unit: () => t('unit.yen') },
  share: { input: { inputmode: 'decimal', class: 'share' }, unit: () => '%' },
};

/** A field of one line: text, money, a share, a date, a choice. */
export function field({ pointer, label, hint, type = 'text', required = true, options, value = '', ...others }) {
  const id = idOf(pointer);
  const attributes = {
    id, name: pointer, 'aria-describedby': [hint && `${id}-hint`, `${id}-fault`].filter(Boolean).join(' '),
    'aria-required': String(required === true), ...others,
  };
  const control = options
    ? h('select', attributes, options.map(([option, text]) => h('option', { value: option }, text)))
    : type === 'long' ? h('textarea', { rows: 3, ...attributes })
      : h('input', { ...(FIGURES[type] ? { ...FIGURES[type].input, type: 'text', autocomplete: 'off' } : { type }), ...attributes });
  control.value = value;
  return h('div', { class: 'field', 'data-pointer': pointer },
    h('label', { for: id }, label, marks(required)),
    hint && h('p', { class: 'hint', id: `${id}-hint` }, hint),
    h('p', { class: 'fault', id: `${id}-fault` }),
    furnished(control, type));
}

/** A field with what stands beside it: the unit of an amount, the Japanese year of a day. */
function furnished(control, type) {
  if (FIGURES[type]) return h('span', { class: 'with-unit' }, control, h('span', { 'aria-hidden': 'true' }, FIGURES[type].unit()));
  if (type !== 'date') return control;
  const era = h('span', { class: 'era whole' });
  const read = () => { era.textContent = control.value ? day(control.value) : ''; };
  control.addEventListener('input', read);
  control.addEventListener('change', read);
  read();
  return h('span', { class: 'with-era' }, control, era);
}

/** A choice that lies open: radio buttons, or tick boxes. */
export function choice({ pointer, label, hint, options, type = 'radio', required = true }) {
  const id = idOf(pointer);
  return h('fieldset', {
    class: 'field', 'data-pointer': pointer,
    'aria-describedby': [hint && `${id}-hint`, `${id}-fault`].filter(Boolean).join(' '),
  },
    h('legend', {}, label, marks(required)),
    hint && h('p', { class: 'hint', id: `${id}-hint` }, hint),
    h('p', { class: 'fault', id: `${id}-fault` }),
    options.map(([value, text], place) => h('label', { class: 'option' },
      h('input', { type, name: pointer, value, id: place === 0 ? id : `${id}-${value}` }), h('span', {}, text))));
}

let summaries = 0;

/** A summary of faults, empty at first. A page may hold several forms, each with its own. */
export const summary = () =>
  h('div', { class: 'summary', tabindex: '-1', role: 'group', 'aria-labelledby': `summary-${summaries += 1}`, hidden: true });

/** Shows every fault beside its field and in the summary, in the order of the form; the summary takes the focus. */
export function showFaults(form, faults, said = null) {
  clearFaults(form);
  const placed = faults.map((fault) => ({ place: placeOf(form, fault.pointer), text: faultWords(fault) }));
  const order = [...form.querySelectorAll('[data-pointer]')];
  placed.sort((one, other) => order.indexOf(one.place) - order.indexOf(other.place));
  const links = placed.map(({ place, text }) => {
    if (!place) return h('li', {}, prose(text));
    const beside = place.querySelector('.fault');
    beside.replaceChildren(...prose([beside.textContent, text].filter(Boolean).join(' ')));
    place.classList.add('wrong');
    const controls = place.querySelectorAll('input, select, textarea');
    controls.forEach((control) => control.setAttribute('aria-invalid', 'true'));
    const label = place.querySelector('label, legend');
    const link = h('a', { href: `#${controls[0].id}` }, prose(named(place, label, text)));
    link.addEventListener('click', (event) => {
      event.preventDefault();
      controls[0].focus();
    });
    return h('li', {}, link);
  });
  const box = form.querySelector('.summary');
  box.replaceChildren(
    h('h2', { id: box.getAttribute('aria-labelledby') }, said ?? t('faults', { count: faults.length })),
    faults.length > 0 ? h('ul', {}, links) : '');
  box.hidden = false;
  box.focus();
}

/** A fault as it stands in the summary: with the name of its field, unless it says that itself. */
function named(place, label, text) {
  if (label.matches('.option')) return text;
  const group = place.parentElement.closest('fieldset')?.querySelector('legend').textContent;
  const name = label.firstChild.textContent;
  const known = text.includes(name.replace(/[((].*|\d+$/, ''));
  return [group, !known && name, text].filter(Boolean).join(': ');
}

/** What the API refused: faults beside their fields, anything else as the summary's one sentence. */
export function failed(form, problem, refresh) {
  const faults = problem.errors ?? [];
  showFaults(form, faults, faults.length > 0 ? null : words(problem));
  if (refresh && moved(problem)) form.querySelector('.summary').append(h('p', {}, t('reload.loses')), button(t('reload'), () => refresh()));
}

/** Takes all faults away. */
export function clearFaults(form) {
  form.querySelectorAll('.fault').forEach((beside) => { beside.textContent = ''; });
  form.querySelectorAll('.wrong').forEach((place) => place.classList.remove('wrong'));
  form.querySelectorAll('[aria-invalid]').forEach((control) => control.removeAttribute('aria-invalid'));
  form.querySelector('.summary').hidden = true;
}

/** The field of a pointer, or of the nearest thing around it. */
function placeOf(form, pointer) {
  for (let path = pointer; path; path = path.slice(0, path.lastIndexOf('/'))) {
    const place = form.querySelector(`[data-pointer="${path}"]`) ?? form.querySelector(`[data-pointer^="${path}/"]`);
    if (place && !place.closest('[hidden]')) return place;
  }
  return null;
}

/** An amount as typed, full-width and with commas too; what is no amount goes to the API as it is. */
export function amount(typed) {
  const plain = typed.normalize('NFKC').replace(/[,\s円¥\\]/g, '');
  if (plain === '') return undefined;
  return /^[0-9]{1,15}$/.test(plain) ? Number(plain) : typed;
}

/** Shows an amount with its commas once it has been typed. */
export function withCommas(input) {
  const read = amount(input.value);
  if (typeof read === 'number') input.value = read.toLocaleString('ja-JP');
}

/** Remembers what is typed in the fields here; gives what puts it back where they have been made anew. */
export function typedIn(place) {
  const key = ({ name, type, value }) => (type === 'radio' || type === 'checkbox' ? `${name}=${value}` : name);
  const fields = (within) => [...within.querySelectorAll('input[name], select[name], textarea[name]')];
  const typed = new Map(fields(place).map((field) => [key(field), [field.value, field.checked]]));
  return (anew) => {
    for (const field of fields(anew)) {
      if (!typed.has(key(field))) continue;
      [field.value, field.checked] = typed.get(key(field));
      field.dispatchEvent(new Event('change', { bubbles: true }));
    }
  };
}

/** Puts a value into an object at a JSON pointer; nothing where there is none. */
export function put(body, pointer, value) {
  if (value === undefined || value === '') return;
  const steps = pointer.split('/').slice(1);
  const last = steps.pop();
  let place = body;
  for (const step of steps) place = place[step] ??= {};
  place[last] = value;
}
