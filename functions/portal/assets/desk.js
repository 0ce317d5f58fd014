// The guarantor's desk: the queue, a decision, contracts with their mails and log, the orderers' rules.

import { call, faultWords, newKey, words } from './api.js';
import { sheet, standing } from './certificate.js';
import { readNumber } from './check.js';
import { list, papers, particulars, similar, state } from './contractor.js';
import { ask, busy, button, figures, h, notice, pairs, saveAs, say, table, whole } from './dom.js';
import { clearFaults, failed, field, summary } from './form.js';
import { t } from './language.js';
import { orderer, orderers } from './orderer.js';
import { age, day, moment, today, yen } from './words.js';

/** The views by their addresses. */
export const views = [
  [/^\/desk$/, queue],
  [/^\/desk\/applications\/([^/]+)$/, application],
  [/^\/desk\/contracts\/([^/]+)$/, contract],
  [/^\/desk\/mails$/, mails],
  [/^\/desk\/orderers$/, orderers],
  [/^\/desk\/orderers\/([^/]+)$/, orderer],
];

/** Links between the states of a list. */
const tabs = (path, name, all, now) => h('nav', { class: 'tabs', 'aria-label': t('state') }, all.map((status) =>
  h('a', { href: `${path}?status=${status}`, 'aria-current': status === now && 'page' }, t(`${name}.${status}`))));

/** Says what is wrong with a field that stands alone. */
function wrong(place, said) {
  place.classList.add('wrong');
  place.querySelector('.fault').textContent = said;
  place.querySelector('input').setAttribute('aria-invalid', 'true');
}

async function queue({ query, navigate }) {
  const status = query.get('status') ?? 'submitted';
  const content = await list({
    path: `/api/desk/applications?status=${status}`, empty: t('queue.empty'), order: t('queue.order'), caption: t('queue.title'),
    columns: [status === 'submitted' ? t('age') : t('submitted'), t('title'), t('contractor.name'), t('kind'), t('delivery.way'), t('orderer'), figures(t('amount'))],
    line: (item) => [
      status === 'submitted' ? [age(item.submitted_at), h('small', {}, moment(item.submitted_at))] : moment(item.submitted_at),
      h('a', { href: `/desk/applications/${item.id}` }, item.title), item.contractor_name, t(`kind.${item.kind}`),
      t(`delivery.short.${item.delivery}`), item.orderer_name, yen(item.guaranteed_amount),
    ],
  });
  const number = field({ pointer: '/number', label: t('desk.find'), hint: t('verify.number.hint'), required: null, class: 'code', autocomplete: 'off' });
  const find = h('form', { class: 'find', role: 'search' }, number, h('button', { class: 'button plain' }, t('desk.find.do')));
  find.addEventListener('submit', (event) => {
    event.preventDefault();
    const typed = find.elements['/number'];
    const { value, fault, count } = readNumber(typed.value);
    if (value) return navigate(`/desk/contracts/${value}`);
    // The desk has no notice to compare with.
    const said = t(fault === 'number.slip' ? 'slip.number.desk' : `slip.${fault}`, { count });
    wrong(number, said);
    say(said);
    return typed.focus();
  });
  return {
    title: t('queue.title'),
    content: [find, tabs('/desk', 'status', ['submitted', 'issued', 'declined', 'withdrawn'], status), content],
  };
}

async function application({ parameters: [id], navigate, refresh, flash }) {
  const { data, etag } = await call('GET', `/api/desk/applications/${id}`);
  return {
    title: t('application.title'),
    content: [
      flash && notice('good', flash),
      h('div', { class: 'panel outcome' },
        h('p', {}, h('span', { class: 'label' }, t('state')), state(data.status)),
        h('p', {}, h('span', { class: 'label' }, t('submitted')), data.status === 'submitted' ? `${moment(data.submitted_at)} (${age(data.submitted_at)})` : moment(data.submitted_at)),
        h('p', {}, h('span', { class: 'label' }, t('customer')), data.customer),
        data.reason && h('p', {}, h('span', { class: 'label' }, t('decline.reason')), data.reason)),
      data.contract_number && h('p', {}, h('a', { class: 'button primary', href: `/desk/contracts/${data.contract_number}` }, t('contract.open'))),
      similar(data, '/desk/applications'),
      particulars(data),
      data.status === 'submitted' && [
        h('h2', {}, t('decision')),
        h('div', { class: 'decision' }, issueForm(data, etag, { navigate, refresh }), declineForm(data, etag, refresh)),
      ],
    ],
  };
}

function issueForm(data, etag, { navigate, refresh }) {
  const form = h('form', { class: 'panel', novalidate: true, 'aria-labelledby': 'issue' },
    h('h3', { id: 'issue' }, t('issue.title')), summary(),
    field({ pointer: '/concluded_on', label: t('concluded_on'), type: 'date', value: today() }),
    field({ pointer: '/fee_paid_on', label: t('fee_paid_on'), type: 'date', value: today() }),
    h('div', { class: 'actions' }, h('button', { class: 'button primary', type: 'submit' }, t('issue.do'))));
  const operation = newKey();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    busy(form.querySelector('[type=submit]'), async () => {
      clearFaults(form);
      const body = {};
      for (const name of ['concluded_on', 'fee_paid_on']) {
        if (form.elements[`/${name}`].value) body[name] = form.elements[`/${name}`].value;
      }
      const sure = await ask({
        title: t('issue.do'),
        body: [
          h('p', {}, t('issue.text', { title: data.contract.title, contractor: data.contractor.name })),
          pairs([
            [t('kind'), t(`kind.${data.kind}`)],
            [t('amount'), yen(data.guaranteed_amount)],
            [t('until'), whole(day(data.period.until))],
            body.concluded_on && [t('concluded_on'), whole(day(body.concluded_on))],
            body.fee_paid_on && [t('fee_paid_on'), whole(day(body.fee_paid_on))],
          ]),
          data.period.until < today() && notice('warn', h('p', {}, t('until.over'))),
          h('p', {}, t(`issue.after.${data.delivery}`)),
        ],
        confirm: t('issue.yes'), cancel: t('cancel'), final: true,
      });
      if (!sure) return;
      try {
        const { data: contract } = await call('POST', `/api/desk/applications/${data.id}/issue`, {
          body, headers: { 'if-match': etag, 'idempotency-key': operation },
        });
        navigate(`/desk/contracts/${contract.contract_number}`, { replace: true, flash: t('issue.done') });
      } catch (problem) {
        failed(form, problem, refresh);
      }
    });
  });
  return form;
}

function declineForm(data, etag, refresh) {
  const form = h('form', { class: 'panel', novalidate: true, 'aria-labelledby': 'decline' },
    h('h3', { id: 'decline' }, t('decline.title')), summary(),
    field({ pointer: '/reason', label: t('decline.reason'), hint: t('decline.hint'), type: 'long' }),
    h('div', { class: 'actions' }, h('button', { class: 'button danger', type: 'submit' }, t('decline.do'))));
  const operation = newKey();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    busy(form.querySelector('[type=submit]'), async () => {
      clearFaults(form);
      const reason = form.elements['/reason'].value;
      if (reason.trim()) {
        const sure = await ask({
          title: t('decline.title'), body: [h('p', {}, t('decline.text')), h('blockquote', {}, reason)],
          confirm: t('decline.do'), cancel: t('cancel'), kind: 'danger',
        });
        if (!sure) return;
      }
      try {
        await call('POST', `/api/desk/applications/${data.id}/decline`, {
          body: { reason }, headers: { 'if-match': etag, 'idempotency-key': operation },
        });
        refresh(t('decline.done'));
      } catch (problem) {
        failed(form, problem, refresh);
      }
    });
  });
  return form;
}

async function contract({ parameters: [number], refresh, flash }) {
  const path = `/api/desk/contracts/${number}`;
  const { data } = await call('GET', path);
  const { buttons, failure } = papers(path, [
    ['certificate', t('paper.certificate')], ['customer-copy', t('customer-copy')], ['fee-statement', t('fee-statement')],
  ]);
  return {
    title: t('contract.title'),
    content: [
      flash && notice('good', flash),
      h('div', { class: 'panel outcome' },
        h('p', {}, h('span', { class: 'label' }, t('number')), h('span', { class: 'code' }, data.contract_number)),
        h('p', {}, h('span', { class: 'label' }, t('verify.standing')), standing(data)),
        h('p', {}, h('span', { class: 'label' }, t('delivery')), t(`delivery.short.${data.delivery}`)),
        h('p', {}, h('span', { class: 'label' }, t('customer')), data.customer),
        h('p', {}, h('span', { class: 'label' }, t('concluded_on')), day(data.concluded_on)),
        h('p', {}, h('span', { class: 'label' }, t('fee_paid_on')), day(data.fee_paid_on)),
        h('p', {}, h('span', { class: 'label' }, t('fee')), yen(data.fee.amount), data.fee.assumed && h('span', { class: 'mark' }, t('assumed'))),
        h('p', {}, h('span', { class: 'label' }, t('key')), data.authentication_key_issued_at ? t('key.since', { at: moment(data.authentication_key_issued_at) }) : t('key.not-yet'))),
      h('div', { class: 'actions screen' }, buttons),
      failure,
      h('section', { class: 'screen' }, h('h2', {}, t('mails.title')),
        data.mails.length === 0 ? h('p', { class: 'empty' }, t('mails.none')) : mailTable(data.mails, refresh)),
      data.wrong_checks_today > 0 && h('section', { class: 'screen' }, h('h2', {}, t('checks.title')), h('p', {}, t('checks.wrong-today', { count: data.wrong_checks_today }))),
      log(path, number),
      sheet(data),
    ],
  };
}

/**
 * The log, which is asked for at the click: most visits to a contract do without it. It is saved whole, as whoever
 * computes its chain again needs it.
 */
function log(path, number) {
  const place = h('div', {}, h('p', {}, t('log.text')));
  const show = async () => {
    try {
      const { data } = await call('GET', `${path}/events`);
      const heading = h('h3', { tabindex: '-1' }, t('log.events'));
      place.replaceChildren(
        heading, logTable(data.items),
        h('div', { class: 'actions' }, button(t('log.save'), () => saveAs(`log_${number}.json`, data))),
        h('h3', {}, t('checks.title')),
        data.checks.length === 0 ? h('p', { class: 'empty' }, t('checks.none')) : checkTable(data.checks));
      heading.focus();
    } catch (problem) {
      place.replaceChildren(notice('bad', words(problem)), opener);
    }
  };
  const opener = button(t('log.show'), show);
  place.append(opener);
  return h('section', { class: 'screen' }, h('h2', {}, t('log.title')), place);
}

const checkTable = (checks) => table(t('checks.title'), [t('when'), t('outcome'), t('source')], checks.map((check) =>
  [moment(check.at), t(`check.${check.outcome}`), check.source]));

const logTable = (events) => table(t('log.title'), [t('when'), t('what'), t('by')], events.map((event) => [
  moment(event.at),
  [t(`event.${event.event}`), event.reason && h('small', {}, event.reason), event.bounce && h('small', {}, t(`bounce.${event.bounce}`)), h('small', {}, t('log.hash'), ' ', h('span', { class: 'code' }, event.hash.slice(0, 16)))],
  event.by.customer ?? event.by.clerk ?? t(`by.${event.by.role}`),
]));

const mailState = (mail) => [
  h('span', { class: `badge mail-${mail.status}` }, t(`mail.${mail.status}`)),
  mail.sent_at && h('small', {}, t('mail.sent-at', { at: moment(mail.sent_at) })),
  mail.refusal && h('small', {}, mail.refusal),
  mail.bounce && h('small', {}, t(`bounce.${mail.bounce}`)),
  mail.reported_at && h('small', {}, t('mail.reported', { at: moment(mail.reported_at) })),
  mail.replaced_by && h('small', {}, t('mail.replaced')),
];

const mailTable = (all, refresh) => table(t('mails.title'), [t('to'), t('state'), t('owed'), t('do')], all.map((mail) => mailLine(mail, refresh)));

function mailLine(mail, refresh) {
  const settled = mail.status !== 'owed' && mail.status !== 'sending';
  return [mail.to, mailState(mail), moment(mail.owed_at), settled ? button(t('resend.do'), () => resend(mail, refresh)) : '―'];
}

async function resend(mail, refresh) {
  const operation = newKey();
  let fault = null;
  let to = mail.to;
  for (;;) {
    const place = field({ pointer: '/to', label: t('resend.to'), type: 'email', value: to });
    const body = [h('p', {}, t('resend.text')), place];
    if (fault) wrong(place, fault);
    to = await ask({
      title: t('resend.title'), body, confirm: t('resend.do'), cancel: t('cancel'), read: (form) => form.elements['/to'].value.trim(),
    });
    if (to === null) return;
    try {
      await call('POST', `/api/desk/contracts/${mail.contract_number}/mails/${mail.id}/resend`, {
        body: to === mail.to ? {} : { to }, headers: { 'idempotency-key': operation },
      });
      refresh(t('resend.done'));
      return;
    } catch (problem) {
      fault = problem.errors?.length > 0 ? faultWords(problem.errors[0]) : words(problem);
    }
  }
}

async function mails({ query, refresh, flash }) {
  const status = query.get('status') ?? 'bounced';
  const content = await list({
    path: `/api/desk/mails?status=${status}`, empty: t('mails.none'), caption: t('mails.title'),
    columns: [t('number'), t('to'), t('state'), t('owed'), t('do')],
    line: (mail) => [
      h('a', { class: 'code', href: `/desk/contracts/${mail.contract_number}` }, mail.contract_number), ...mailLine(mail, refresh),
    ],
  });
  return {
    title: t('mails.title'),
    content: [flash && notice('good', flash), tabs('/desk/mails', 'mail', ['bounced', 'complained', 'refused', 'owed', 'sending', 'sent'], status), content],
  };
}
