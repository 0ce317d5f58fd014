// The orderers and their rules, edited at the desk.

import { call, words } from './api.js';
import { busy, button, h, notice, table } from './dom.js';
import { amount, choice, clearFaults, field, showFaults, summary } from './form.js';
import { t } from './language.js';
import { day } from './words.js';

const KINDS = ['advance_payment', 'interim_payment', 'contract_performance'];
const CATEGORIES = ['construction', 'consulting'];
const PAPERS = ['key_notice', 'certificate'];
const SHARES = ['advance_construction', 'advance_consulting', 'interim', 'advance_total', 'performance'];

export async function orderers({ flash }) {
  const { data } = await call('GET', '/api/orderers');
  return {
    title: t('orderers.title'),
    content: [
      flash && notice('good', flash),
      h('p', {}, h('a', { class: 'button plain', href: '/desk/orderers/new' }, t('orderers.new'))),
      table(t('orderers.title'), [t('orderer.name'), t('orderer.code'), t('orderer.electronic')], data.items.map((item) => [
        h('a', { href: `/desk/orderers/${item.code}` }, item.name), item.code,
        item.electronic ? t('orderer.since', { day: day(item.electronic.original_contracts_from) }) : t('orderer.paper'),
      ])),
    ],
  };
}

export async function orderer({ parameters: [code], navigate }) {
  const isNew = code === 'new';
  const { data, etag } = isNew ? { data: { hand_over: [], limits: {} } } : await call('GET', `/api/orderers/${code}`);
  const form = fields(data, isNew);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    busy(form.querySelector('[type=submit]'), async () => {
      clearFaults(form);
      try {
        const body = ruleIn(form, isNew ? form.elements['/code'].value.normalize('NFKC').trim() : code);
        await call('PUT', `/api/desk/orderers/${encodeURIComponent(body.code)}`, {
          body, headers: isNew ? { 'if-none-match': '*' } : { 'if-match': etag },
        });
        navigate('/desk/orderers', { replace: true, flash: t('orderer.done', { name: body.name }) });
      } catch (problem) {
        const faults = problem.errors ?? [];
        showFaults(form, faults, faults.length > 0 ? null : words(problem));
      }
    });
  });
  return { title: isNew ? t('orderers.new') : t('orderer.edit', { name: data.name }), content: form };
}

function fields(data, isNew) {
  const { electronic, general_conditions: conditions = [], limits = {} } = data;
  const rules = h('div', { class: 'rules' });
  const add = (rule) => rules.append(handOver(rule, rules.children.length, () => rules.querySelector('button')?.focus()));
  (data.hand_over ?? []).forEach(add);
  const takes = choice({
    pointer: '/electronic', label: t('orderer.electronic'),
    options: [['yes', t('orderer.takes')], ['no', t('orderer.paper')]],
  });
  const when = h('div', {},
    field({ pointer: '/electronic/original_contracts_from', label: t('orderer.from'), type: 'date', value: electronic?.original_contracts_from }),
    choice({ pointer: '/electronic/categories', label: t('orderer.categories'), type: 'checkbox', options: CATEGORIES.map((category) => [category, t(`category.${category}`)]) }));
  takes.querySelector(`[value=${electronic || isNew ? 'yes' : 'no'}]`).checked = true;
  const adapt = () => { when.hidden = takes.querySelector('[value=no]').checked; };
  takes.addEventListener('change', adapt);
  adapt();
  for (const box of when.querySelectorAll('[type=checkbox]')) box.checked = electronic?.categories.includes(box.value) ?? false;
  return h('form', { class: 'panel', novalidate: true, 'aria-label': t('orderer.rule') },
    summary(),
    h('section', {}, h('h2', {}, t('orderer.who')),
      isNew && field({ pointer: '/code', label: t('orderer.code'), hint: t('orderer.code.hint'), inputmode: 'numeric', class: 'short' }),
      field({ pointer: '/name', label: t('orderer.name'), value: data.name }),
      field({ pointer: '/recipient', label: t('orderer.recipient'), hint: t('orderer.recipient.hint'), value: data.recipient }),
      field({ pointer: '/source', label: t('orderer.source'), type: 'long', value: data.source })),
    h('section', {}, h('h2', {}, t('orderer.eligible')), takes, when),
    h('section', {}, h('h2', {}, t('general_conditions')), h('p', { class: 'hint' }, t('orderer.conditions.hint')),
      CATEGORIES.map((category) => field({
        pointer: `/general_conditions/${category}`, label: t(`category.${category}`), required: false,
        value: conditions.find((one) => one.category === category)?.title,
      }))),
    h('section', {}, h('h2', {}, t('orderer.limits')), h('p', { class: 'hint' }, t('orderer.limits.hint')),
      SHARES.map((name) => field({
        pointer: `/limits/${name}`, label: t(`limits.${name}`), required: false, inputmode: 'decimal', class: 'short',
        value: limits?.[name] == null ? '' : String(limits[name] / 10_000),
      })),
      field({ pointer: '/limits/advance_unit', label: t('limits.advance_unit'), required: false, type: 'money', value: limits?.advance_unit ?? '' })),
    h('section', {}, h('h2', {}, t('hand-over')), rules,
      button(t('orderer.rule.add'), () => add({ kinds: [], papers: [], how: '' }))),
    h('div', { class: 'actions' }, h('button', { class: 'button primary', type: 'submit' }, t('orderer.save'))));
}

/** One rule of handing over. */
function handOver(rule, place, afterwards) {
  const pointer = `/hand_over/${place}`;
  const boxes = (name, label, options, ticked) => {
    const element = choice({ pointer: `${pointer}/${name}`, label, type: 'checkbox', options });
    for (const box of element.querySelectorAll('input')) box.checked = ticked.includes(box.value);
    return element;
  };
  const element = h('fieldset', { class: 'hand-over' },
    h('legend', {}, t('orderer.rule.n', { n: place + 1 })),
    boxes('kinds', t('orderer.rule.kinds'), KINDS.map((kind) => [kind, t(`kind.${kind}`)]), rule.kinds),
    boxes('papers', t('orderer.rule.papers'), PAPERS.map((paper) => [paper, t(`hand-over.${paper}`)]), rule.papers),
    field({ pointer: `${pointer}/how`, label: t('orderer.rule.how'), type: 'long', value: rule.how }),
    button(t('orderer.rule.remove'), () => { element.remove(); afterwards(); }));
  return element;
}

/** The rule as the form says it. */
function ruleIn(form, code) {
  const text = (name) => form.elements[name].value.trim();
  const ticked = (within, end) => [...within.querySelectorAll(`[data-pointer$="${end}"] input:checked`)].map((box) => box.value);
  const share = (name) => {
    const typed = text(`/limits/${name}`).normalize('NFKC').replace('%', '');
    return typed === '' ? undefined : Number.isFinite(Number(typed)) ? Math.round(Number(typed) * 10_000) : typed;
  };
  const limits = Object.fromEntries(SHARES.map((name) => [name, share(name)]).filter(([, value]) => value !== undefined));
  const unit = amount(text('/limits/advance_unit'));
  if (unit !== undefined) limits.advance_unit = unit;
  const takes = form.querySelector('[name="/electronic"][value=yes]').checked;
  return {
    code,
    name: text('/name'),
    recipient: text('/recipient'),
    source: text('/source'),
    ...(takes && { electronic: { original_contracts_from: text('/electronic/original_contracts_from'), categories: ticked(form, '/electronic/categories') } }),
    general_conditions: CATEGORIES.map((category) => ({ category, title: text(`/general_conditions/${category}`) })).filter(({ title }) => title),
    limits,
    hand_over: [...form.querySelectorAll('.hand-over')].map((rule) => ({
      kinds: ticked(rule, '/kinds'), papers: ticked(rule, '/papers'), how: rule.querySelector('textarea').value.trim(),
    })),
  };
}
