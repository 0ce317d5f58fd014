// The orderers and their rules, edited at the desk.

import { call } from './api.js';
import { busy, button, h, notice, pairs, table } from './dom.js';
import { amount, choice, clearFaults, failed, field, showFaults, summary } from './form.js';
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

/**
 * An orderer's rules. A switch of the language makes the form anew out of what it was made from (`kept`), with
 * as many ways to hand over as stand in it now: asked for again, it would save over what somebody else wrote
 * in between as if the clerk had seen it.
 */
export async function orderer({ parameters: [code], navigate, refresh, kept }) {
  const isNew = code === 'new';
  const { data, etag } = kept ?? (isNew ? { data: {} } : await call('GET', `/api/orderers/${code}`));
  const form = fields(data, isNew);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    busy(form.querySelector('[type=submit]'), () => save(form, { code, etag, navigate, refresh }));
  });
  return {
    title: isNew ? t('orderers.new') : t('orderer.edit', { name: data.name }),
    content: form,
    keep: () => ({ data: { ...data, hand_over: handOversIn(form) }, etag }),
  };
}

async function save(form, { code, etag, navigate, refresh }) {
  clearFaults(form);
  const slips = slipsIn(form);
  if (slips.length > 0) return showFaults(form, slips);
  const isNew = code === 'new';
  const body = ruleIn(form, isNew ? codeIn(form) : code);
  try {
    await call('PUT', `/api/desk/orderers/${body.code}`, {
      body, headers: isNew ? { 'if-none-match': '*' } : { 'if-match': etag },
    });
  } catch (problem) {
    if (isNew && problem.status === 412) return showFaults(form, [{ pointer: '/code', message: t('orderer.taken') }]);
    // The form has a field for each category, and sends those that are filled in.
    problem.errors?.forEach((fault) => {
      fault.pointer = fault.pointer.replace(/^\/general_conditions\/(\d+)/, (_, place) => `/general_conditions/${body.general_conditions[place].category}`);
    });
    return failed(form, problem, refresh);
  }
  return navigate('/desk/orderers', { replace: true, flash: t('orderer.done', { name: body.name }) });
}

function fields(data, isNew) {
  const { electronic, general_conditions: conditions = [], limits = {} } = data;
  const rules = h('div', { class: 'rules' });
  const more = button(t('orderer.rule.add'), () => add({ kinds: [], papers: [], how: '' }));
  const add = (rule) => rules.append(handOver(rule, rules.children.length, (removed) => {
    const place = [...rules.children].indexOf(removed);
    removed.remove();
    renumber(rules);
    ((rules.children[place] ?? rules.lastElementChild)?.querySelector('button') ?? more).focus();
  }));
  (data.hand_over ?? []).forEach(add);
  const takes = choice({
    pointer: '/electronic', label: t('orderer.electronic'),
    options: [['yes', t('orderer.takes')], ['no', t('orderer.paper')]],
  });
  const when = h('div', {},
    field({ pointer: '/electronic/original_contracts_from', label: t('orderer.from'), type: 'date', value: electronic?.original_contracts_from }),
    choice({ pointer: '/electronic/categories', label: t('orderer.categories'), type: 'checkbox', options: CATEGORIES.map((category) => [category, t(`category.${category}`)]) }));
  takes.querySelector(`[value=${electronic || isNew ? 'yes' : 'no'}]`).checked = true;
  const used = h('section', {}, h('h2', {}, t('general_conditions')), h('p', { class: 'hint' }, t('orderer.conditions.hint')),
    CATEGORIES.map((category) => field({
      pointer: `/general_conditions/${category}`, label: t(`category.${category}`), required: false,
      value: conditions.find((one) => one.category === category)?.title,
    })));
  const papers = h('section', {}, h('h2', {}, t('hand-over')), rules, more);
  // What is about electronic guarantees alone.
  const adapt = () => {
    for (const part of [when, used, papers]) part.hidden = takes.querySelector('[value=no]').checked;
  };
  takes.addEventListener('change', adapt);
  adapt();
  for (const box of when.querySelectorAll('[type=checkbox]')) box.checked = electronic?.categories.includes(box.value) ?? false;
  return h('form', { class: 'panel', novalidate: true, 'aria-label': t('orderer.rule') },
    summary(),
    h('section', {}, h('h2', {}, t('orderer.who')),
      isNew ? field({ pointer: '/code', label: t('orderer.code'), hint: t('orderer.code.hint'), inputmode: 'numeric', class: 'short' }) : pairs([[t('orderer.code'), data.code]]),
      field({ pointer: '/name', label: t('orderer.name'), value: data.name }),
      field({ pointer: '/recipient', label: t('orderer.recipient'), hint: t('orderer.recipient.hint'), value: data.recipient }),
      field({ pointer: '/source', label: t('orderer.source'), hint: t('orderer.source.hint'), type: 'long', value: data.source })),
    h('section', {}, h('h2', {}, t('orderer.eligible')), takes, when),
    used,
    h('section', {}, h('h2', {}, t('orderer.limits')), h('p', { class: 'hint' }, t('orderer.limits.hint')),
      SHARES.map((name) => field({
        pointer: `/limits/${name}`, label: t(`limits.${name}`), required: false, type: 'share',
        value: limits?.[name] == null ? '' : String(limits[name] / 10_000),
      })),
      field({ pointer: '/limits/advance_unit', label: t('limits.advance_unit'), required: false, type: 'money', value: limits?.advance_unit ?? '' })),
    papers,
    h('div', { class: 'actions' }, h('button', { class: 'button primary', type: 'submit' }, t('orderer.save'))));
}

/** One rule of handing over; `remove` takes it away. */
function handOver(rule, place, remove) {
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
    button(t('orderer.rule.remove'), () => remove(element)));
  return element;
}

/** Names the ways to hand over by where they stand now, as they are sent: a fault finds its field by that name. */
function renumber(rules) {
  [...rules.children].forEach((rule, place) => {
    rule.querySelector('legend').textContent = t('orderer.rule.n', { n: place + 1 });
    for (const element of rule.querySelectorAll('*')) {
      for (const name of ['id', 'for', 'name', 'aria-describedby', 'data-pointer']) {
        const value = element.getAttribute(name);
        if (value) element.setAttribute(name, value.replaceAll(/(hand_over[-/])\d+/g, `$1${place}`));
      }
    }
  });
}

const textIn = (form, name) => form.elements[name].value.trim();
const codeIn = (form) => textIn(form, '/code').normalize('NFKC');
const ticked = (within, end) => [...within.querySelectorAll(`[data-pointer$="${end}"] input:checked`)].map((box) => box.value);

/** A share as typed, in per cent; nothing where nothing is typed. */
function percentIn(form, name) {
  const typed = textIn(form, `/limits/${name}`).normalize('NFKC').replace('%', '').trim();
  return typed === '' ? undefined : Number(typed);
}

const handOversIn = (form) => [...form.querySelectorAll('.hand-over')].map((rule) => ({
  kinds: ticked(rule, '/kinds'), papers: ticked(rule, '/papers'), how: rule.querySelector('textarea').value.trim(),
}));

/**
 * What the API cannot name together with everything else: it reads a rule only when the rule has an address,
 * and examines it only when all of it can be read.
 */
function slipsIn(form) {
  const required = [...form.querySelectorAll('.field')].filter((place) => place.querySelector('.mark.required') && !place.closest('[hidden]'));
  const chosen = (place) => place.matches('fieldset');
  const empty = (place) => chosen(place) ? !place.querySelector(':checked') : !place.querySelector('input, textarea').value.trim();
  const slips = required.filter(empty).map((place) => ({ pointer: place.dataset.pointer, message: t(chosen(place) ? 'slip.unchosen' : 'fault.required') }));
  if (form.elements['/code'] && /^(?!\d{6}$)./.test(codeIn(form))) slips.push({ pointer: '/code', message: t('fault.not_an_orderer_code') });
  for (const name of SHARES) {
    const percent = percentIn(form, name);
    if (percent !== undefined && !(percent > 0 && percent <= 100)) slips.push({ pointer: `/limits/${name}`, message: t('fault.not_a_share') });
  }
  return slips;
}

/** The rule as the form says it. */
function ruleIn(form, code) {
  const text = (name) => textIn(form, name);
  const shares = SHARES.map((name) => [name, percentIn(form, name)]).filter(([, percent]) => percent !== undefined);
  const limits = Object.fromEntries(shares.map(([name, percent]) => [name, Math.round(percent * 10_000)]));
  const unit = amount(text('/limits/advance_unit'));
  if (unit !== undefined) limits.advance_unit = unit;
  const takes = form.querySelector('[name="/electronic"][value=yes]').checked;
  return {
    code,
    name: text('/name'),
    recipient: text('/recipient'),
    source: text('/source'),
    limits,
    ...(takes && {
      electronic: { original_contracts_from: text('/electronic/original_contracts_from'), categories: ticked(form, '/electronic/categories') },
      general_conditions: CATEGORIES.map((category) => ({ category, title: text(`/general_conditions/${category}`) })).filter(({ title }) => title),
      hand_over: handOversIn(form),
    }),
  };
}
