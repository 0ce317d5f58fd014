// The contractor's side: applications, certificates, and 「認証キー」の表示.

import { apply, isLate } from './application.js';
import { call, moved, newKey, openPaper, words } from './api.js';
import { sheet, standing } from './certificate.js';
import { ask, button, figures, h, notice, pairs, say, table, whole } from './dom.js';
import { t } from './language.js';
import { day, feeWords, moment, percent, today, yen } from './words.js';

/** The views by their addresses. */
export const views = [
  [/^\/contractor$/, home],
  [/^\/contractor\/apply$/, apply],
  [/^\/contractor\/applications$/, applications],
  [/^\/contractor\/applications\/([^/]+)$/, application],
  [/^\/contractor\/certificates$/, certificates],
  [/^\/contractor\/certificates\/([^/]+)$/, certificate],
  [/^\/contractor\/certificates\/([^/]+)\/key$/, key],
];

const card = (href, title, text) => h('a', { class: 'card', href }, h('strong', {}, title), h('span', {}, text));

async function home() {
  return {
    title: t('contractor.home'),
    content: h('div', { class: 'cards' },
      card('/contractor/apply', t('apply.title'), t('apply.card')),
      card('/contractor/certificates', t('certificates.enter'), t('certificates.card')),
      card('/contractor/applications', t('applications.title'), t('applications.card'))),
  };
}

/** A state of an application: never by colour alone. */
export const state = (status) => h('span', { class: `badge ${status}` }, t(`status.${status}`));

/** A list that goes on at the press of a button; the focus goes on with it. `order` says what stands first. */
export async function list({ path, empty, order, caption, columns, line }) {
  const rows = [];
  const place = h('div', {});
  const failure = h('div', {});
  const page = async (cursor) => {
    const { data } = await call('GET', `${path}${path.includes('?') ? '&' : '?'}limit=20${cursor ? `&cursor=${cursor}` : ''}`);
    rows.push(...data.items.map(line));
    place.replaceChildren(
      ...rows.length === 0 ? [h('p', { class: 'empty' }, empty)] : [order ? h('p', { class: 'hint' }, order) : '', table(caption, columns, rows)],
      data.next_cursor ? button(t('more'), () => more(data.next_cursor)) : '', failure);
  };
  const more = async (cursor) => {
    failure.replaceChildren();
    const before = rows.length;
    try {
      await page(cursor);
    } catch (problem) {
      failure.replaceChildren(notice('bad', words(problem)));
      return;
    }
    const lines = [...place.querySelectorAll('tbody tr')];
    (lines[before] ?? lines.at(-1)).querySelector('a').focus();
  };
  await page(null);
  return place;
}

async function applications() {
  const content = await list({
    path: '/api/applications', empty: t('applications.empty'), caption: t('applications.title'),
    columns: [t('title'), t('state'), t('kind'), t('orderer'), figures(t('amount')), t('submitted')],
    line: (item) => [
      h('a', { href: `/contractor/applications/${item.id}` }, item.title), state(item.status), t(`kind.${item.kind}`),
      item.orderer_name, yen(item.guaranteed_amount), moment(item.submitted_at),
    ],
  });
  return {
    title: t('applications.title'),
    content: [h('p', {}, h('a', { class: 'button primary', href: '/contractor/apply' }, t('apply.title'))), content],
  };
}

/** What an application says, for its contractor and for the desk. */
export function particulars(application) {
  const { contract, contractor, orderer, prior_advance: prior, fee } = application;
  const works = contract.category === 'construction' ? 'works' : 'services';
  return [
    h('h2', {}, t('section.guarantee')),
    pairs([
      [t('kind'), t(`kind.${application.kind}`)],
      [t('delivery'), t(`delivery.${application.delivery}`)],
      [t('amount'), [
        yen(application.guaranteed_amount),
        h('small', {}, t('amount.share', { share: percent(Math.floor(application.guaranteed_amount * 1_000_000 / contract.price)) })),
      ]],
      [t('fee'), feeWords(fee)],
      [t('until'), [whole(day(application.period.until)), application.period.until < today() && h('strong', { class: 'over' }, t('until.over'))]],
      prior && [t('prior.amount'), [yen(prior.amount), h('small', {}, t('prior.line', { day: day(prior.received_on) }))]],
      application.progress_certified_on && [t('certified'), day(application.progress_certified_on)],
    ]),
    h('h2', {}, t('section.contract')),
    pairs([
      [t('orderer'), `${orderer.name}(${orderer.recipient})`],
      [t(`paper.${works}.title`), contract.title],
      [t(`paper.${works}.reference`), contract.reference ?? '―'],
      [t(`paper.${works}.place`), contract.place],
      [t('category'), t(`category.${contract.category}`)],
      [t('contract.date'), [day(contract.original_contract_date), application.status === 'submitted' && isLate(application) && h('strong', { class: 'over' }, t('contract.date.over'))]],
      [t(`paper.${works}.term`), [whole(t('from', { day: day(contract.starts_on) })), ' ', whole(t('to-day', { day: day(contract.completes_on) }))]],
      [t('price'), yen(contract.price)],
      application.general_conditions && [t('general_conditions'), application.general_conditions],
    ]),
    h('h2', {}, t('section.contractor')),
    pairs([
      [t('contractor.name'), contractor.name],
      [t('contractor.representative'), contractor.representative],
      [t('contractor.address'), contractor.address],
      application.emails?.length > 0 && [t('emails'), application.emails.join(', ')],
    ]),
  ];
}

/** Other applications that look like this one. */
export const similar = (application, under) => application.similar_applications.length > 0 && notice('warn',
  h('p', {}, t('similar')),
  h('ul', {}, application.similar_applications.map((other) =>
    h('li', {}, h('a', { href: `${under}/${other.id}` }, `${moment(other.submitted_at)} ${other.title}`), ' ', state(other.status)))));

async function application({ parameters: [id], refresh, flash }) {
  const { data, etag } = await call('GET', `/api/applications/${id}`);
  const failure = h('div', {});
  const withdraw = async () => {
    const sure = await ask({
      title: t('withdraw.title'), body: h('p', {}, t('withdraw.text')), confirm: t('withdraw.do'), cancel: t('cancel'), kind: 'danger',
    });
    if (!sure) return;
    try {
      await call('POST', `/api/applications/${id}/withdraw`, { headers: { 'if-match': etag } });
      refresh(t('withdraw.done'));
    } catch (problem) {
      failure.replaceChildren(notice('bad', h('p', {}, words(problem)), moved(problem) && button(t('reload'), () => refresh())));
    }
  };
  const electronic = data.status === 'issued' && data.delivery === 'electronic';
  return {
    title: t('application.title'),
    content: [
      flash && notice('good', flash),
      h('div', { class: 'panel outcome' },
        h('p', {}, h('span', { class: 'label' }, t('state')), state(data.status)),
        h('p', {}, h('span', { class: 'label' }, t('submitted')), moment(data.submitted_at)),
        data.contract_number && h('p', {}, h('span', { class: 'label' }, t('number')), h('span', { class: 'code' }, data.contract_number)),
        data.reason && h('p', {}, h('span', { class: 'label' }, t('decline.reason')), data.reason)),
      h('p', {}, t(`next.${data.status}${data.status === 'issued' && !electronic ? '.paper' : ''}`)),
      similar(data, '/contractor/applications'),
      failure,
      h('div', { class: 'actions' },
        electronic && h('a', { class: 'button primary', href: `/contractor/certificates/${data.contract_number}` }, t('certificate.open')),
        h('a', { class: 'button plain', href: `/contractor/apply?like=${id}` }, t('apply.again')),
        data.status === 'submitted' && button(t('withdraw.do'), withdraw, 'danger')),
      particulars(data),
    ],
  };
}

async function certificates() {
  const content = await list({
    path: '/api/certificates', empty: t('certificates.empty'), caption: t('certificates.title'),
    columns: [t('number'), t('kind'), t('orderer'), t('title'), figures(t('amount')), t('until'), t('verify.standing')],
    line: (item) => [
      h('a', { class: 'code', href: `/contractor/certificates/${item.contract_number}` }, item.contract_number),
      t(`kind.${item.kind}`), item.orderer_name, item.title, yen(item.guaranteed_amount), whole(day(item.until)), standing(item),
    ],
  });
  return { title: t('certificates.title'), content: [h('p', { class: 'lead' }, t('certificates.lead')), content] };
}

/** Buttons that open papers, with a place for what goes wrong. */
export function papers(under, kinds) {
  const failure = h('div', {});
  const buttons = kinds.map(([paper, label]) => button(t('pdf', { paper: label }), () =>
    openPaper(async () => (await call('GET', `${under}/documents/${paper}`, { quiet: true })).data.url, failure)));
  return { buttons, failure };
}

async function certificate({ parameters: [number] }) {
  const { data } = await call('GET', `/api/certificates/${number}`);
  const { buttons: [save, ...others], failure } = papers(`/api/certificates/${number}`, [
    ['certificate', t('save')], ['customer-copy', t('customer-copy')], ['fee-statement', t('fee-statement')],
  ]);
  return {
    title: t('certificate.title'),
    content: [
      h('div', { class: 'panel outcome' },
        h('p', {}, h('span', { class: 'label' }, t('number')), h('span', { class: 'code' }, data.contract_number)),
        h('p', {}, h('span', { class: 'label' }, t('verify.standing')), standing(data))),
      h('div', { class: 'actions screen' },
        button(t('print'), () => window.print(), 'primary'), save,
        h('a', { class: 'button primary', href: `/contractor/certificates/${number}/key` }, t('key.show'))),
      h('div', { class: 'actions screen' }, others),
      failure,
      handOver(data.hand_over),
      sheet(data),
    ],
  };
}

/** What to hand to this orderer. */
function handOver(answer) {
  if (!answer) return null;
  return h('section', { class: 'panel screen', 'aria-labelledby': 'hand-over' },
    h('h2', { id: 'hand-over' }, t('hand-over')),
    answer.rules.length === 0 && h('p', {}, t('hand-over.ask')),
    answer.rules.map((rule) => [
      h('ul', {}, rule.papers.map((paper) => h('li', {}, t(`hand-over.${paper}`)))),
      h('p', { lang: 'ja' }, rule.how),
    ]),
    answer.general_conditions && h('p', {}, t('hand-over.conditions', { title: answer.general_conditions })),
    h('p', { class: 'hint' }, t('hand-over.source', { source: answer.source })));
}

async function key({ parameters: [number], refresh, flash }) {
  const path = `/api/certificates/${number}/authentication-key`;
  const { data } = await call('POST', path);
  const failure = h('div', {});
  const failed = (problem) => failure.replaceChildren(notice('bad', words(problem)));
  const copied = h('span', { role: 'status' });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(data.authentication_key);
      copied.textContent = t('key.copied');
    } catch {
      copied.textContent = t('key.copy-failed');
    }
  };
  const open = () => openPaper(async () => (await call('POST', path, { quiet: true })).data.key_notice.url, failure);
  const operation = newKey();
  const reissue = async () => {
    const sure = await ask({
      title: t('reissue.title'),
      body: [h('p', {}, t('reissue.text')), h('ul', {}, ['old', 'new', 'log'].map((what) => h('li', {}, t(`reissue.${what}`))))],
      confirm: t('reissue.do'), cancel: t('cancel'), kind: 'danger',
    });
    if (!sure) return;
    try {
      await call('POST', `${path}/reissue`, { headers: { 'idempotency-key': operation } });
      refresh(t('reissue.done'));
    } catch (problem) {
      failed(problem);
    }
  };
  say(t('key.shown'));
  return {
    title: t('key.title'),
    content: [
      flash && notice('good', flash),
      failure,
      h('section', { class: 'panel' },
        pairs([
          [t('number'), h('span', { class: 'code' }, data.contract_number)],
          [t('key'), h('output', { class: 'code key', id: 'key' }, data.authentication_key)],
          [t('key.issued'), moment(data.issued_at)],
        ]),
        h('div', { class: 'actions' }, button(t('key.copy'), copy), copied),
        h('div', { class: 'actions' }, button(t('key.notice'), open, 'primary')),
        h('p', {}, t('key.notice.text'))),
      handOver(data.hand_over),
      h('section', { class: 'panel', 'aria-labelledby': 'reissue' },
        h('h2', { id: 'reissue' }, t('reissue.title')),
        h('p', {}, t('reissue.when')),
        h('div', { class: 'actions' }, button(t('reissue.do'), reissue, 'danger'))),
      h('p', {}, h('a', { href: `/contractor/certificates/${number}` }, t('key.back'))),
    ],
  };
}
