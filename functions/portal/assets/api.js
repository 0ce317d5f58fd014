// The public API, and what it says when it says no.

import { button, h, notice } from './dom.js';
import { has, language, t } from './language.js';
import { renew, who } from './session.js';

/** A no of the API: a problem (RFC 9457), or API Gateway's own words in the same form. */
export class Problem extends Error {
  constructor({ status, code, title, detail, errors = [] }) {
    super(detail || title);
    Object.assign(this, { status, code, title, detail, errors });
  }
}

/**
 * Asks the API; gives `{ data, etag }`. An expired login is renewed first, and the question asked again,
 * unless it is one that nobody waits for (`quiet`).
 */
export async function call(method, path, { body, headers = {}, quiet = false } = {}) {
  const ask = () => {
    const token = who()?.token;
    return fetch(path, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token && !open(path) ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
    }).catch(() => { throw new Problem({ status: 0, code: 'offline', title: t('problem.offline') }); });
  };
  let answer = await ask();
  if (answer.status === 401 && !quiet && await renew()) answer = await ask();
  if (!answer.ok) throw await problem(answer);
  return { data: await answer.json(), etag: answer.headers.get('etag') };
}

/** What anybody may ask goes out without a token. */
const open = (path) => path.startsWith('/api/orderers') || path.startsWith('/api/verifications');

async function problem(answer) {
  const said = await answer.json().catch(() => ({}));
  if (said.code) return new Problem(said);
  const name = `problem.${answer.status}`;
  return new Problem({ status: answer.status, code: name, title: has(name) ? t(name) : t('problem.failed') });
}

/** What the API says of these is meant for whoever writes a client, not for a reader. */
const FOR_PROGRAMS = [
  'idempotency_key_malformed', 'idempotency_key_required', 'idempotency_key_reused', 'malformed_json',
  'precondition_required', 'too_large', 'unsupported_media_type',
];

/** What a problem says to the reader: the API's own words in Japanese, unless they are for programs; ours in English. */
export function words(problem) {
  if (!(problem instanceof Problem)) return problem.message;
  const own = `problem.${problem.code}`;
  if ((language === 'en' || FOR_PROGRAMS.includes(problem.code)) && has(own)) return t(own);
  return problem.detail || problem.title;
}

/** Whether a problem is that things have moved since they were shown. */
export const moved = (problem) => problem.status === 409 || problem.status === 412 || problem.code === 'idempotency_key_reused';

/** What a fault of one field says to the reader. */
export function faultWords(fault) {
  const own = `fault.${fault.code}`;
  return language === 'en' && has(own) ? t(own) : fault.message;
}

/**
 * Opens a paper in a tab of its own. Its address lives for a minute, so `address` asks for it now, quietly;
 * the tab is there first because a browser allows none later. What goes wrong is said at `place`. After an
 * expired login the tab goes, or it would hide the new login, and another press opens another one.
 */
export async function openPaper(address, place) {
  const tab = window.open('', '_blank');
  try {
    const url = await address();
    place.replaceChildren();
    if (tab) {
      tab.opener = null;
      tab.location.replace(url);
    } else {
      h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }).click();
    }
  } catch (problem) {
    tab?.close();
    try {
      if (problem.status !== 401 || !await renew()) throw problem;
      const open = button(t('open.do'), () => openPaper(address, place), 'primary');
      place.replaceChildren(notice('good', h('p', {}, t('open.now')), open));
      open.focus();
    } catch (refusal) {
      place.replaceChildren(notice('bad', words(refusal)));
    }
  }
}

/** A key for one operation, the same for every repeat of it. */
export const newKey = () => crypto.randomUUID();
