// Amounts, dates and names as they are read.

import { h, whole } from './dom.js';
import { language, t } from './language.js';

/** 12,000,000円 */
export const yen = (amount) => t('yen', { amount: amount.toLocaleString('ja-JP') });

/** ¥ 12,000,000 as on paper, but with the full-width sign of the papers. */
export const yenSign = (amount) => `¥ ${amount.toLocaleString('ja-JP')}`;

const DIGITS = [...'零壱弐参四五六七八九'];

/** 金壱千弐百万円也, as amounts stand on paper. */
export function daiji(amount) {
  let written = amount === 0 ? '零' : '';
  for (const [name, unit] of [['億', 1e8], ['万', 1e4], ['', 1]]) {
    const group = Math.floor(amount / unit) % 10_000;
    if (group === 0) continue;
    for (const [place, size] of [['千', 1000], ['百', 100], ['拾', 10], ['', 1]]) {
      const digit = Math.floor(group / size) % 10;
      if (digit > 0) written += DIGITS[digit] + place;
    }
    written += name;
  }
  return `金${written}円也`;
}

const ERAS = [['令和', '2019-05-01', 2018], ['平成', '1989-01-08', 1988], ['昭和', '1926-12-25', 1925]];

/** 令和7年(2025年)4月10日 */
export function wareki(date) {
  const [year, month, day] = date.split('-').map(Number);
  const era = ERAS.find(([, from]) => from <= date);
  if (!era) return `${year}年${month}月${day}日`;
  const count = year - era[2];
  return `${era[0]}${count === 1 ? '元' : count}年(${year}年)${month}月${day}日`;
}

/** A day as the reader reads it. */
export const day = (date) => language === 'ja'
  ? wareki(date)
  : new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${date}T00:00:00Z`));

/** A moment in Japan. */
export const moment = (instant) =>
  new Intl.DateTimeFormat(language === 'ja' ? 'ja-JP' : 'en-GB', {
    year: 'numeric', month: language === 'ja' ? 'numeric' : 'short', day: 'numeric',
    hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZone: 'Asia/Tokyo',
  })
    .format(new Date(instant));

/** Today in Japan, as YYYY-MM-DD. */
export const today = () => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Tokyo' }).format(new Date());

/** How long ago, in whole days or hours. */
export function age(instant) {
  const hours = Math.floor((Date.now() - new Date(instant)) / 3_600_000);
  if (hours < 1) return t('age.now');
  return hours < 24 ? t('age.hours', { hours }) : t('age.days', { days: Math.floor(hours / 24) });
}

/** 40% from parts per million. */
export const percent = (share) => `${share / 10_000}%`;

/** A fee, whether a rate in it is assumed, and how it comes about. */
export const feeWords = (fee) => [
  yen(fee.amount), fee.assumed && h('span', { class: 'mark' }, t('assumed')),
  h('small', {}, fee.parts.map(({ amount, rate }, place) => [place > 0 && ' + ', whole(`${yen(amount)} × ${percent(rate)}`)]), t('fee.untaxed')),
  fee.assumed && h('small', {}, t('fee.assumed')),
];
