// The certificate, laid out as it is on paper and in the paper's language, whoever reads it; readers of
// English see what each field is beside it.

import { h, whole } from './dom.js';
import { language, onPaper, t } from './language.js';
import { daiji, percent, wareki, yenSign } from './words.js';

const label = (name) => [
  h('span', { class: 'spread' }, onPaper(name)),
  language === 'en' && h('span', { class: 'gloss', lang: 'en' }, t(name)),
];

const row = (name, ...values) =>
  h('tr', { role: 'row' }, h('th', { scope: 'row', role: 'rowheader' }, label(name)), h('td', { role: 'cell' }, values.map((value) => h('div', {}, value))));

const pair = (one, other) => h('tr', { role: 'row' }, [one, other].flatMap(([name, value]) =>
  [h('th', { scope: 'row', role: 'rowheader' }, label(name)), h('td', { role: 'cell' }, value)]));

const sum = (amount, remark) => [
  h('span', { class: 'sum' }, h('span', {}, daiji(amount)), h('span', {}, yenSign(amount))),
  remark && h('small', {}, remark),
].filter(Boolean);

const span = (from, to) => h('span', {}, whole(onPaper('from', { day: wareki(from) })), whole(onPaper('to-day', { day: wareki(to) })));

const block = (name, rows) => h('table', { class: 'sheet-table', role: 'table', 'aria-label': name ? null : onPaper('paper.certificate') },
  name && h('caption', {}, label(name)), h('tbody', { role: 'rowgroup' }, rows.filter(Boolean)));

/** The certificate as a sheet. */
export function sheet(certificate) {
  const { contract, contractor, orderer, guarantor, conditions, period } = certificate;
  const works = contract.category === 'construction' ? 'works' : 'services';
  const kind = onPaper(`kind.${certificate.kind}`);
  return h('article', { class: 'sheet', lang: 'ja', 'aria-labelledby': 'sheet-title' },
    h('h2', { id: 'sheet-title' }, onPaper('paper.title', { kind })),
    block(null, [
      pair(['paper.number', certificate.contract_number], ['paper.issued', wareki(certificate.issued_on)]),
      pair(['paper.kind', kind], ['paper.change', certificate.change_number === 0 ? onPaper('paper.change.none') : certificate.change_number]),
    ]),
    block(null, [
      row('paper.orderer.name', orderer.name),
      row('paper.orderer.recipient', orderer.recipient),
      row('paper.contractor.address', contractor.address),
      row('paper.contractor.name', contractor.name),
      row('paper.contractor.representative', contractor.representative),
    ]),
    block('paper.contract', [
      row('paper.category', onPaper(`category.${contract.category}`)),
      row(`paper.${works}.title`, contract.title),
      row(`paper.${works}.reference`, contract.reference ?? '―'),
      row(`paper.${works}.place`, contract.place),
      row('paper.date', wareki(contract.original_contract_date)),
      row(`paper.${works}.term`, span(contract.starts_on, contract.completes_on)),
      row('paper.price', ...sum(contract.price)),
      certificate.general_conditions && row('paper.general_conditions', certificate.general_conditions),
    ]),
    block('paper.guarantee', [
      row('paper.amount', h('strong', {}, sum(certificate.guaranteed_amount))),
      ...ofKind(certificate),
      period.from && row('paper.period', span(period.from, period.until)),
      row('paper.until', wareki(period.until)),
      row('paper.conditions', `${conditions.title}(${conditions.edition})`, conditions.assumed ? h('small', {}, onPaper('paper.assumed')) : ''),
    ]),
    h('p', { class: 'wording' }, certificate.wording),
    h('div', { class: 'signature' },
      h('span', {}, label('paper.guarantor')),
      h('div', {}, [guarantor.address, h('b', {}, guarantor.name), guarantor.representative, h('small', {}, guarantor.contact)]
        .map((line) => h('div', {}, line)))));
}

/** What only this kind of guarantee says. */
function ofKind(certificate) {
  const { guaranteed_amount: amount, prior_advance: prior, contract } = certificate;
  switch (certificate.kind) {
    case 'advance_payment':
      return [row('paper.advance', ...sum(amount))];
    case 'interim_payment':
      return [
        row('paper.interim', ...sum(amount)),
        row('paper.prior', ...sum(prior.amount, onPaper('paper.prior.received', { day: wareki(prior.received_on) }))),
        row('paper.together', ...sum(prior.amount + amount)),
        row('paper.certified', wareki(certificate.progress_certified_on)),
      ];
    default:
      return [row('paper.share', onPaper('amount.share', { share: percent(Math.floor(amount * 1_000_000 / contract.price)) }))];
  }
}

/** Whether the certificate holds: never by colour alone. */
export const standing = (certificate) =>
  h('span', { class: `badge ${certificate.standing}` }, t(`standing.${certificate.standing}`));
