// 保証申込: one form, filled with what was sent before where the contractor wishes so. What is typed is
// kept for this tab until it is sent, so neither an expired login nor a reload loses it.

import { call, faultWords, newKey, words } from './api.js';
import { busy, button, h, notice, prose, whole } from './dom.js';
import { amount, choice, clearFaults, failed, field, marks, put, showFaults, summary, withCommas } from './form.js';
import { language, t } from './language.js';
import { renew, who } from './session.js';
import { day, feeWords, moment, today, yen } from './words.js';

const KEPT = 'application';
const MONEY = ['/contract/price', '/guaranteed_amount', '/prior_advance/amount'];
const INTERIM = ['/prior_advance/amount', '/prior_advance/received_on', '/progress_certified_on'];
const MOST_EMAILS = 5;

/** What was typed in this tab: `{ customer, key, values }`. One filled form has one Idempotency-Key. */
function kept() {
  const draft = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
  return draft?.customer === who().name ? draft : { customer: who().name, key: newKey(), values: {} };
}

/** Whether a 契約保証 comes after the contract that it should have come with. */
export const isLate = ({ kind, contract }) => kind === 'contract_performance' && contract?.original_contract_date < today();

const keep = (draft) => sessionStorage.setItem(KEPT, JSON.stringify(draft));

export async function apply({ query, navigate }) {
  const like = query.get('like');
  const here = location.href;
  const [orderers, before] = await Promise.all([
    call('GET', '/api/orderers'),
    call('GET', like ? `/api/applications/${like}` : '/api/applications?limit=20'),
  ]);
  const draft = kept();
  // What is taken over becomes the draft at once, and its address goes: a reload would take it over again.
  if (like && location.href === here) {
    Object.assign(draft, { key: newKey(), values: valuesOf(before.data) });
    keep(draft);
    history.replaceState(null, '', location.pathname);
  }
  const meet = h('section', { class: 'panel estimate', 'aria-labelledby': 'estimate' },
    h('h2', { id: 'estimate' }, t('estimate')), h('div', { 'aria-live': 'polite' }, h('p', {}, t('estimate.wait'))));
  const form = fields(orderers.data.items, meet);
  const update = () => {
    adapt(form, orderers.data.items);
    draft.values = valuesIn(form);
    keep(draft);
  };
  const estimate = later(() => showEstimate(meet.lastChild, bodyOf(valuesIn(form))));
  fill(form, draft.values);
  adapt(form, orderers.data.items);
  estimate.now();
  document.addEventListener('person', function again() {
    if (form.isConnected) estimate();
    else document.removeEventListener('person', again);
  });
  form.addEventListener('input', () => { update(); estimate(); });
  form.addEventListener('change', (event) => {
    if (MONEY.includes(event.target.name)) withCommas(event.target);
    update();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    busy(form.querySelector('[type=submit]'), () => submit(form, draft, navigate));
  });
  const past = like ? [] : before.data.items;
  return {
    title: t('apply.title'),
    content: [
      h('p', { class: 'lead' }, t('apply.lead')),
      past.length > 0 && reuse(past, async (id) => {
        fill(form, valuesOf((await call('GET', `/api/applications/${id}`)).data));
        draft.key = newKey();
        update();
        estimate.now();
        form.elements['/orderer_code'].focus();
      }),
      form,
    ],
  };
}

/** Offers what was sent before. */
function reuse(past, take) {
  const select = h('select', { id: 'past' }, past.map((item) =>
    h('option', { value: item.id }, [t(`kind.${item.kind}`), moment(item.submitted_at), item.title, item.orderer_name].join(' '))));
  const failure = h('div', {});
  const use = () => take(select.value).catch((problem) => failure.replaceChildren(notice('bad', words(problem))));
  return h('section', { class: 'panel', 'aria-labelledby': 'reuse' },
    h('h2', { id: 'reuse' }, t('reuse.title')),
    h('div', { class: 'field' }, h('label', { for: 'past' }, t('reuse.which')), select),
    failure, h('div', { class: 'actions' }, button(t('reuse.do'), use)));
}

/** The form, with the estimate between what is typed and the button that sends it, or beside both. */
function fields(orderers, meet) {
  const options = (name, values) => values.map((value) => [value, t(`${name}.${value}`)]);
  const section = (title, ...children) => h('section', {}, h('h2', {}, title), children);
  const typed = h('div', { class: 'panel' },
    summary(),
    section(t('section.guarantee'),
      choice({ pointer: '/kind', label: t('kind'), hint: t('kind.hint'), options: options('kind', ['advance_payment', 'interim_payment', 'contract_performance']) }),
      choice({ pointer: '/delivery', label: t('delivery'), options: options('delivery', ['electronic', 'paper']) })),
    section(t('section.orderer'),
      field({ pointer: '/orderer_code', label: t('orderer'), options: [['', t('choose')], ...orderers.map(({ code, name }) => [code, name])] }),
      h('div', { class: 'rule', 'aria-live': 'polite' })),
    section(t('section.contract'),
      field({ pointer: '/contract/title', label: t('title') }),
      field({ pointer: '/contract/reference', label: t('reference'), required: false }),
      field({ pointer: '/contract/place', label: t('place') }),
      choice({ pointer: '/contract/category', label: t('category'), options: options('category', ['construction', 'consulting']) }),
      field({ pointer: '/contract/original_contract_date', label: t('contract.date'), hint: t('contract.date.hint'), type: 'date' }),
      field({ pointer: '/contract/price', label: t('price'), type: 'money' }),
      field({ pointer: '/contract/starts_on', label: t('starts'), type: 'date' }),
      field({ pointer: '/contract/completes_on', label: t('completes'), type: 'date' }),
      h('div', { class: 'field conditions', 'data-pointer': '/general_conditions_confirmed', hidden: true },
        h('p', { class: 'fault', id: 'conditions-fault' }),
        h('label', { class: 'option' },
          h('input', { type: 'checkbox', name: '/general_conditions_confirmed', id: 'conditions', 'aria-describedby': 'conditions-fault' }),
          h('span', {}, h('span', { class: 'conditions-text' }), marks(true))))),
    section(t('section.amount'),
      field({ pointer: '/guaranteed_amount', label: t('amount'), hint: t('amount.hint.advance_payment'), type: 'money' }),
      h('div', { class: 'interim', hidden: true },
        field({ pointer: '/prior_advance/amount', label: t('prior.amount'), type: 'money' }),
        field({ pointer: '/prior_advance/received_on', label: t('prior.received'), type: 'date' }),
        field({ pointer: '/progress_certified_on', label: t('certified'), hint: t('certified.hint'), type: 'date' }))),
    section(t('section.contractor'),
      field({ pointer: '/contractor/name', label: t('contractor.name'), autocomplete: 'organization' }),
      field({ pointer: '/contractor/representative', label: t('contractor.representative'), hint: t('contractor.representative.hint') }),
      field({ pointer: '/contractor/address', label: t('contractor.address'), autocomplete: 'street-address' })),
    section(t('section.emails'),
      h('p', { class: 'hint' }, t('emails.hint')),
      Array.from({ length: MOST_EMAILS }, (_, place) => field({
        pointer: `/emails/${place}`, label: t('email', { n: place + 1 }), type: 'email', required: place === 0, autocomplete: 'email',
      })),
      button(t('emails.more'), () => {}, 'plain more-emails')));
  return h('form', { class: 'beside', novalidate: true, 'aria-label': t('apply.title') },
    typed, meet, h('div', { class: 'actions' }, h('button', { class: 'button primary', type: 'submit' }, t('apply.submit'))));
}

/** Shows what the choices so far make of the form. */
function adapt(form, orderers) {
  const values = valuesIn(form);
  const interim = values['/kind'] === 'interim_payment';
  form.querySelector('.interim').hidden = !interim;
  form.querySelector('#field-guaranteed_amount-hint').textContent = values['/kind'] ? t(`amount.hint.${values['/kind']}`) : '';
  const orderer = orderers.find(({ code }) => code === values['/orderer_code']);
  const rule = form.querySelector('.rule');
  const said = ruleOf(orderer);
  if (rule.textContent !== said.map((line) => line.textContent).join('')) rule.replaceChildren(...said);
  const conditions = orderer?.general_conditions?.find(({ category }) => category === values['/contract/category']);
  const place = form.querySelector('.conditions');
  const paper = values['/delivery'] === 'paper';
  place.hidden = !conditions || values['/delivery'] !== 'electronic';
  const title = conditions?.title ?? '';
  // Whoever confirmed one thing has not confirmed another.
  if (place.dataset.title && place.dataset.title !== title) form.elements['/general_conditions_confirmed'].checked = false;
  place.dataset.title = title;
  form.querySelector('.conditions-text').textContent = title && t('conditions.confirm', { title });
  const emails = Array.from({ length: MOST_EMAILS }, (_, n) => form.elements[`/emails/${n}`]);
  const shown = Math.max(Number(form.dataset.emails ?? 1), ...emails.map((email, n) => (email.value ? n + 1 : 1)));
  emails[0].closest('section').hidden = paper;
  emails.forEach((email, n) => { email.closest('.field').hidden = n >= shown; });
  const more = form.querySelector('.more-emails');
  more.hidden = shown === MOST_EMAILS;
  more.onclick = () => {
    form.dataset.emails = shown + 1;
    adapt(form, orderers);
    emails[shown].focus();
  };
}

/** The rule of an orderer, for the contractor who chooses it. */
function ruleOf(orderer) {
  if (!orderer) return [];
  const source = h('p', { class: 'hint' }, prose(t('hand-over.source', { source: orderer.source })));
  if (!orderer.electronic) return [h('p', {}, t('rule.paper-only', { orderer: orderer.name })), source];
  const { original_contracts_from: from, categories } = orderer.electronic;
  return [
    h('p', {}, prose(t('rule.from', { day: day(from) }))),
    h('p', {}, t('rule.categories', { categories: categories.map((category) => t(`category.${category}`)).join(t('and')) })),
    source,
  ];
}

function valuesIn(form) {
  const values = {};
  for (const control of form.elements) {
    if (!control.name?.startsWith('/')) continue;
    if (control.type === 'radio') {
      if (control.checked) values[control.name] = control.value;
    } else if (control.type === 'checkbox') values[control.name] = control.checked;
    else if (control.value) values[control.name] = control.value;
  }
  return values;
}

function fill(form, values) {
  for (const control of form.elements) {
    if (!control.name?.startsWith('/')) continue;
    const value = values[control.name];
    if (control.type === 'radio') control.checked = control.value === value;
    else if (control.type === 'checkbox') control.checked = value === true;
    else control.value = value ?? '';
    if (MONEY.includes(control.name)) withCommas(control);
    if (control.type === 'date') control.dispatchEvent(new Event('input'));
  }
}

/** The fields' values of an application that was sent; what it confirmed has to be confirmed anew. */
function valuesOf(application) {
  const values = {};
  const walk = (value, pointer) => {
    if (value === null || typeof value !== 'object') values[pointer] = String(value);
    else for (const [name, inner] of Object.entries(value)) walk(inner, `${pointer}/${name}`);
  };
  const { kind, delivery, orderer, contractor, contract, guaranteed_amount, prior_advance, progress_certified_on, emails } = application;
  walk({
    kind, delivery, orderer_code: orderer.code, contractor, contract, guaranteed_amount,
    ...(prior_advance && { prior_advance }), ...(progress_certified_on && { progress_certified_on }), emails: emails ?? [],
  }, '');
  return values;
}

/** The fields of addresses that are filled in, in their order: mails are part of electronic delivery. */
const emailsIn = (values) => values['/delivery'] === 'paper' ? [] : Object.keys(values).filter((pointer) => pointer.startsWith('/emails/'));

/** The body of the application: what the choices so far leave in use. */
function bodyOf(values) {
  const body = { emails: emailsIn(values).map((pointer) => values[pointer].trim()) };
  for (const [pointer, value] of Object.entries(values)) {
    if (pointer.startsWith('/emails/')) continue;
    if (INTERIM.includes(pointer) && values['/kind'] !== 'interim_payment') continue;
    if (pointer === '/general_conditions_confirmed' && values['/delivery'] !== 'electronic') continue;
    put(body, pointer, MONEY.includes(pointer) ? amount(value) : value);
  }
  return body;
}

/** Waits until nothing has been typed for a moment; `now` waits for nothing. */
function later(act) {
  let waiting;
  const wait = (milliseconds) => {
    clearTimeout(waiting);
    waiting = setTimeout(act, milliseconds);
  };
  return Object.assign(() => wait(500), { now: () => wait(0) });
}

let estimates = 0;

/** Eligibility, limits, period and fee, as far as the form goes. An answer that a later question overtook is dropped. */
async function showEstimate(place, body) {
  if (!place.isConnected) return;
  const turn = estimates += 1;
  if (!body.kind || !body.orderer_code) {
    if (place.textContent !== t('estimate.wait')) place.replaceChildren(h('p', {}, t('estimate.wait')));
    return;
  }
  if (place.textContent === t('estimate.wait')) place.replaceChildren(h('p', {}, t('estimate.busy')));
  let said;
  try {
    said = (await call('POST', '/api/applications/estimate', { body, quiet: true })).data;
    if (turn !== estimates) return;
  } catch (problem) {
    if (turn !== estimates) return;
    const again = async () => {
      const renewed = await renew().catch((refusal) => place.replaceChildren(h('p', {}, words(refusal))));
      if (renewed) await showEstimate(place, body);
    };
    place.replaceChildren(h('p', {}, words(problem)), problem.status === 401 ? button(t('session.again'), again) : '');
    return;
  }
  const isOpen = ({ code }) => code === 'required' || code === 'general_conditions_not_confirmed';
  const missing = said.violations.filter(isOpen).length;
  const { reasons } = said.eligibility;
  const isReason = ({ pointer, code }) => reasons.some((reason) => reason.pointer === pointer && reason.code === code);
  const wrong = said.violations.filter((fault) => !isOpen(fault));
  const over = said.period && said.period.until < today();
  place.replaceChildren(...[
    reasons.length + wrong.length > 0 && h('ul', { class: 'reasons' },
      [...reasons, ...wrong.filter((fault) => !isReason(fault))].map((fault) => h('li', {}, prose(faultWords(fault))))),
    h('dl', { class: 'pairs' }, [
      ...['at_most', 'at_least'].map((side) => limitOf(side, said.limits)),
      said.fee && [t('fee'), feeWords(said.fee)],
      said.period && [t('until'), [whole(day(said.period.until)), over && h('strong', { class: 'over' }, t('until.over'))]],
    ].filter(Boolean).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
    said.acceptable && h('p', {}, t('estimate.good')),
    isLate(body) && h('p', {}, h('strong', { class: 'over' }, t('contract.date.over'))),
    missing > 0 && h('p', {}, t('estimate.missing', { missing })),
    wrong.length > 0 && h('p', {}, t('estimate.wrong', { wrong: wrong.length })),
  ].filter(Boolean));
}

/** The limit of one side that binds, with every rule that was looked at. */
function limitOf(side, limits) {
  const bounds = limits.filter((bound) => bound.side === side);
  if (bounds.length === 0) return null;
  const amounts = bounds.map((bound) => bound.amount);
  const binds = side === 'at_most' ? Math.min(...amounts) : Math.max(...amounts);
  return [t(`limit.${side}`), [yen(binds), language === 'ja' && bounds.map((bound) => h('small', {}, bound.rule))]];
}

async function submit(form, draft, navigate) {
  clearFaults(form);
  const values = valuesIn(form);
  try {
    const { data } = await call('POST', '/api/applications', {
      body: bodyOf(values), headers: { 'idempotency-key': draft.key },
    });
    draft.key = newKey();
    sessionStorage.removeItem(KEPT);
    // In place of the form: going back does not lead to it again.
    navigate(`/contractor/applications/${data.id}`, { replace: true, flash: t('apply.done') });
  } catch (problem) {
    if (problem.code === 'idempotency_key_reused') {
      perhapsSent(form, draft);
      return;
    }
    problem.errors = beside(problem.errors ?? [], values);
    failed(form, problem);
  }
}

/**
 * An earlier answer was lost, and what was sent then is not what stands here now. It may be an application
 * by itself already, so that whoever presses again has to want another one.
 */
function perhapsSent(form, draft) {
  draft.key = newKey();
  keep(draft);
  showFaults(form, [], t('apply.perhaps-sent'));
  form.querySelector('.summary').append(h('p', {}, h('a', { href: '/contractor/applications' }, t('applications.title'))));
}

/** Empty addresses are not sent: the API counts those that were. */
const beside = (faults, values) => faults.map((fault) => {
  const place = /^\/emails\/(\d+)$/.exec(fault.pointer)?.[1];
  return place ? { ...fault, pointer: emailsIn(values)[place] } : fault;
});
