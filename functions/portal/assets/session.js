// Who is logged in. The token lives in this module and nowhere else: a reload forgets it, and the issuer
// remembers the person. Only the verifier and the state of a login under way are in sessionStorage. The
// paths under the address of the login are those that Cognito gives the domain of a user pool.

import { ask, h } from './dom.js';
import { language, t } from './language.js';

const setting = (name) => document.querySelector(`meta[name="${name}"]`).content;
const CALLBACK = `${location.origin}/callback`;
const UNDER_WAY = 'login';
/** How many milliseconds a page that waits for a login may take to answer. */
const PATIENCE = 2000;

let person = null;

/** Who is logged in: `{ token, name, group }`, or null. */
export const who = () => person;

/** Takes over an access token. */
export function keep(token) {
  person = personOf(token);
  document.dispatchEvent(new Event('person'));
}

function personOf(token) {
  const claims = JSON.parse(new TextDecoder().decode(bytes(token.split('.')[1])));
  const groups = claims['cognito:groups'] ?? [];
  return { token, name: claims.username, group: groups.length === 1 ? groups[0] : null };
}

/** Goes to the issuer's login and comes back to `view`. */
export async function login(view) {
  const { address, verifier, state } = await request();
  sessionStorage.setItem(UNDER_WAY, JSON.stringify({ verifier, state, view }));
  location.assign(address);
}

/**
 * What to do when the issuer has sent us back: the view to go on with, `'elsewhere'` in the small window
 * of a renewed login that a page has taken over, or null when nothing fits.
 */
export async function comeBack() {
  const said = new URLSearchParams(location.search);
  history.replaceState(null, '', '/callback');
  const underWay = JSON.parse(sessionStorage.getItem(UNDER_WAY) ?? 'null');
  const [code, state] = [said.get('code'), said.get('state')];
  if (underWay && underWay.state === state && code) {
    sessionStorage.removeItem(UNDER_WAY);
    keep(await exchange(code, underWay.verifier));
    return underWay.view;
  }
  if (!code || !state) return null;
  const channel = new BroadcastChannel(UNDER_WAY);
  const taken = new Promise((resolve) => {
    channel.onmessage = ({ data }) => { if (data.taken === state) resolve(true); };
    setTimeout(resolve, PATIENCE, false);
  });
  channel.postMessage({ code, state });
  if (!await taken) return null;
  window.close();
  return 'elsewhere';
}

let renewal = null;

/** Asks to log in again, in a small window, with everything on the page left as it is. */
export function renew() {
  renewal ??= renewed().finally(() => { renewal = null; });
  return renewal;
}

async function renewed() {
  const again = await ask({
    title: t('session.expired'),
    body: h('p', {}, t('session.kept')),
    confirm: t('session.again'),
    cancel: t('cancel'),
  });
  if (!again) return false;
  const before = person?.name;
  const login = window.open('', '_blank', 'popup,width=480,height=720');
  if (!login) throw new Error(t('session.blocked'));
  const { address, verifier, state } = await request();
  const channel = new BroadcastChannel(UNDER_WAY);
  const answered = new Promise((resolve) => {
    channel.onmessage = ({ data }) => {
      if (data.state !== state) return;
      channel.postMessage({ taken: state });
      resolve(data.code);
    };
  });
  login.location.replace(address);
  const stopped = ask({
    title: t('session.waiting'), body: h('p', {}, t('session.window')), cancel: t('cancel'),
  });
  const code = await Promise.race([answered, stopped]);
  channel.close();
  document.querySelector('dialog[open]')?.close();
  if (!code) return false;
  const token = await exchange(code, verifier);
  // Somebody else's login must not go on with what the first one typed; leaving the page does not stop its scripts.
  if (before && before !== personOf(token).name) {
    location.assign('/');
    return false;
  }
  keep(token);
  return true;
}

/** Forgets the token and has the issuer forget the person. */
export function logout() {
  sessionStorage.clear();
  person = null;
  const query = new URLSearchParams({ client_id: setting('client'), logout_uri: `${location.origin}/` });
  location.assign(`${setting('login')}/logout?${query}`);
}

/** A request to log in: authorization code with PKCE (RFC 7636). */
async function request() {
  const [verifier, state] = [random(), random()];
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: setting('client'),
    redirect_uri: CALLBACK,
    scope: 'openid',
    state,
    code_challenge_method: 'S256',
    code_challenge: base64url(new Uint8Array(digest)),
    lang: language,
  });
  return { address: `${setting('login')}/oauth2/authorize?${query}`, verifier, state };
}

async function exchange(code, verifier) {
  const body = new URLSearchParams({
    grant_type: 'authorization_code', client_id: setting('client'), redirect_uri: CALLBACK, code, code_verifier: verifier,
  });
  const answer = await fetch(`${setting('login')}/oauth2/token`, { method: 'POST', body })
    .catch(() => { throw new Error(t('problem.offline')); });
  if (!answer.ok) throw new Error(t('session.failed'));
  return (await answer.json()).access_token;
}

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

const base64url = (raw) =>
  btoa(String.fromCharCode(...raw)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
