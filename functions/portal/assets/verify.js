// 発注者用保証確認サービス: number and key, checked without a login.

import { call, openPaper, Problem, words } from './api.js';
import { sheet, standing } from './certificate.js';
import { readBoth, readKey, readNumber } from './check.js';
import { busy, button, h, notice, say } from './dom.js';
import { clearFaults, field, showFaults, summary } from './form.js';
import { t } from './language.js';
import { moment } from './words.js';

const NUMBER = '/contract_number';
const KEY = '/authentication_key';

/** What was typed, and what it opened: in this page's memory only. */
let typed = { number: '', key: '' };
let opened = null;

/** Takes number and key out of the fragment of a QR code, and the fragment out of the address bar. */
export function readFragment() {
  const said = new URLSearchParams(location.hash.slice(1));
  if (!said.has('number') && !said.has('key')) return;
  history.replaceState(null, '', location.pathname);
  typed = { number: said.get('number') ?? '', key: said.get('key') ?? '' };
  opened = null;
}

export function verify({ refresh }) {
  if (opened) return { title: t('verify.title'), content: result(refresh) };
  const form = h('form', { class: 'panel narrow', novalidate: true, 'aria-label': t('verify.title') },
    summary(),
    field({
      pointer: NUMBER, label: t('number'), hint: t('verify.number.hint'), value: typed.number,
      inputmode: 'text', autocomplete: 'off', class: 'code',
    }),
    field({
      pointer: KEY, label: t('key'), hint: t('verify.key.hint'), value: typed.key, type: 'long', rows: 2,
      autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false', class: 'code',
    }),
    h('div', { class: 'actions' }, h('button', { class: 'button primary', type: 'submit' }, t('verify.check'))));
  const [number, key] = [form.elements[NUMBER], form.elements[KEY]];
  const keep = () => { typed = { number: number.value, key: key.value }; };
  const split = (text) => {
    const both = readBoth(text);
    if (both) {
      number.value = readNumber(both.number).value ?? both.number;
      key.value = readKey(both.key).value ?? both.key;
      say(t('verify.pasted'));
    }
    keep();
    return both !== null;
  };
  for (const input of [number, key]) {
    input.addEventListener('paste', (event) => {
      if (split(event.clipboardData.getData('text'))) event.preventDefault();
    });
    input.addEventListener('input', () => split(input.value));
  }
  // The key has two lines, so that it is seen whole on a narrow screen too; it is one line to whoever types.
  key.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    busy(form.querySelector('[type=submit]'), () => check(form, refresh));
  });
  return {
    title: t('verify.title'),
    content: [h('p', { class: 'lead' }, t('verify.lead')), form, h('p', { class: 'hint' }, t('verify.lost'))],
  };
}

async function check(form, refresh) {
  clearFaults(form);
  const number = readNumber(typed.number);
  const key = readKey(typed.key);
  const faults = [[NUMBER, number], [KEY, key]].filter(([, read]) => read.fault)
    .map(([pointer, { fault, count }]) => ({ pointer, message: t(`slip.${fault}`, { count }) }));
  if (faults.length > 0) return showFaults(form, faults);
  const body = { contract_number: number.value, authentication_key: key.value };
  try {
    const { data } = await call('POST', '/api/verifications', { body });
    opened = { body, certificate: data };
  } catch (problem) {
    const fits = problem instanceof Problem && problem.errors.length > 0;
    return showFaults(form, fits ? problem.errors : [], words(problem));
  }
  refresh();
}

/** The certificate that number and key opened. */
function result(refresh) {
  const { body, certificate } = opened;
  const failure = h('div', {});
  const save = () => openPaper(async () => (await call('POST', '/api/verifications/document', { body, quiet: true })).data.url, failure);
  const another = () => {
    [typed, opened] = [{ number: '', key: '' }, null];
    refresh();
  };
  return [
    notice('good', t('verify.matched')),
    certificate.standing === 'expired' && notice('warn', t('until.over')),
    h('div', { class: 'panel outcome stamp' },
      h('p', {}, h('span', { class: 'label' }, t('verify.standing')), standing(certificate)),
      h('p', {}, h('span', { class: 'label' }, t('verify.checked')), moment(certificate.checked_at))),
    h('div', { class: 'actions screen' },
      button(t('print'), () => window.print(), 'primary'), button(t('pdf', { paper: t('save') }), save), button(t('verify.another'), another)),
    failure,
    sheet(certificate),
  ];
}
