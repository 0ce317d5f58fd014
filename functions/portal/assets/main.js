// The frame of every page, and which view an address shows.

import { words } from './api.js';
import * as contractor from './contractor.js';
import * as desk from './desk.js';
import { button, h, notice } from './dom.js';
import { typedIn } from './form.js';
import { language, switchLanguage, t } from './language.js';
import { comeBack, login, logout, who } from './session.js';
import { readFragment, verify } from './verify.js';

const SIDES = { contractor: '/contractor', guarantor: '/desk' };

const views = [
  [/^\/$/, top],
  [/^\/verify$/, verify],
  ...contractor.views.map(([address, view]) => [address, behindLogin('contractor', view)]),
  ...desk.views.map(([address, view]) => [address, behindLogin('guarantor', view)]),
];

/** A view for one group only. */
function behindLogin(group, view) {
  return (page) => {
    if (who()?.group === group) return view(page);
    const title = t('login.needed');
    if (who()) return { title: t('login.wrong'), content: [h('p', {}, t(`login.wrong.${group}`)), button(t('logout'), logout)] };
    return {
      title,
      content: h('div', { class: 'panel narrow' }, h('p', {}, t(`login.${group}`)),
        h('div', { class: 'actions' }, button(t('login'), () => login(location.pathname + location.search), 'primary'))),
    };
  };
}

function top() {
  const side = (title, text, ...actions) =>
    h('section', { class: 'panel side' }, h('h2', {}, title), h('p', {}, text), h('div', { class: 'actions' }, actions));
  const enter = (label, view, kind) => who()
    ? h('a', { class: `button ${kind}`, href: view }, label)
    : button(label, () => login(view), kind);
  return {
    title: t('service'),
    content: [
      h('p', { class: 'lead' }, t('top.lead')),
      h('div', { class: 'sides' },
        side(t('top.contractor'), t('top.contractor.text'),
          enter(t('apply.title'), '/contractor/apply', 'primary'), enter(t('certificates.enter'), '/contractor/certificates', 'primary'),
          enter(t('contractor.home'), '/contractor', 'plain')),
        side(t('top.orderer'), t('top.orderer.text'), h('a', { class: 'button primary', href: '/verify' }, t('verify.title'))),
        side(t('top.guarantor'), t('top.guarantor.text'), enter(t('queue.title'), '/desk', 'plain'))),
    ],
  };
}

const main = h('main', { id: 'main' });
const head = h('div', {});
const foot = h('div', {});

function frame() {
  document.documentElement.lang = language;
  const group = who()?.group;
  const links = {
    contractor: [['/contractor', t('contractor.home')], ['/contractor/apply', t('apply.title')], ['/contractor/applications', t('applications.short')], ['/contractor/certificates', t('certificates.short')]],
    guarantor: [['/desk', t('queue.title')], ['/desk/mails', t('mails.title')], ['/desk/orderers', t('orderers.title')]],
  }[group];
  const within = (links ?? []).map(([href]) => href)
    .filter((href) => location.pathname === href || location.pathname.startsWith(`${href}/`))
    .reduce((nearest, href) => (href.length > nearest.length ? href : nearest), '');
  const link = ([href, label]) => h('a', {
    href, 'aria-current': href === location.pathname ? 'page' : href === within && 'true',
  }, label);
  const other = language === 'ja' ? 'en' : 'ja';
  const change = h('button', { type: 'button', class: 'switch', lang: other }, other === 'en' ? 'English' : '日本語');
  change.addEventListener('click', async () => {
    switchLanguage(other);
    const typed = typedIn(main);
    const again = show(null, true, keep());
    document.querySelector('.switch').focus();
    await again;
    typed(main);
  });
  head.replaceChildren(
    h('a', { class: 'skip', href: '#main', onclick: (event) => { event.preventDefault(); main.querySelector('h1')?.focus(); } }, t('skip')),
    h('header', { class: 'head' },
      h('a', { class: 'brand', href: '/' }, h('span', { class: 'seal', 'aria-hidden': 'true' }), t('service')),
      h('div', { class: 'tools' },
        who() && h('span', { class: 'person' }, t('login.as', { name: who().name })),
        who() && button(t('logout'), logout, 'small'), change)),
    links ? h('nav', { class: 'nav', 'aria-label': t('nav') }, links.map(link)) : '');
  foot.replaceChildren(h('footer', { class: 'foot' }, h('p', {}, t('foot')), h('a', { href: '/' }, t('foot.top')), h('a', { href: '/verify' }, t('verify.title'))));
}

/** A path as it is written; one that says nothing readable stays as it is, and has no view. */
function readable(path) {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

let shown = 0;

/** What the view that is shown hands to itself when it is made anew in another language. */
let keep = () => undefined;

/** Shows the view of the address; what comes too late, because the reader went on, is dropped. */
async function show(flash = null, quiet = false, kept = undefined) {
  const turn = ++shown;
  keep = () => kept;
  frame();
  main.setAttribute('aria-busy', 'true');
  const address = readable(location.pathname);
  const found = views.find(([pattern]) => pattern.test(address));
  const page = {
    parameters: found ? found[0].exec(address).slice(1) : [],
    query: new URLSearchParams(location.search),
    navigate, flash, kept,
    refresh: (said) => show(said ?? null),
  };
  let view;
  try {
    view = found ? await found[1](page) : { title: t('unknown'), content: [h('p', {}, t('unknown.text')), h('p', {}, h('a', { href: '/' }, t('foot.top')))] };
  } catch (problem) {
    view = {
      title: problem.status === 404 ? t('unknown') : t('failed'),
      content: [notice('bad', words(problem)), h('div', { class: 'actions' }, button(t('retry'), () => show()))],
    };
  }
  if (turn !== shown) return;
  keep = view.keep ?? (() => undefined);
  const heading = h('h1', { tabindex: '-1' }, view.title);
  main.replaceChildren(heading, ...[view.content].flat(Infinity).filter(Boolean));
  main.removeAttribute('aria-busy');
  document.title = view.title === t('service') ? view.title : `${view.title} | ${t('service')}`;
  if (!quiet) {
    scrollTo(0, 0);
    heading.focus({ preventScroll: true });
  }
}

/** Goes to a view without leaving the page, which would forget the login. */
function navigate(address, { replace = false, flash = null } = {}) {
  history[replace ? 'replaceState' : 'pushState'](null, '', address);
  return show(flash);
}

addEventListener('popstate', () => {
  // A dialog is about the view that it was opened on.
  document.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close());
  show();
});
addEventListener('hashchange', () => { readFragment(); show(); });
document.addEventListener('person', frame);
document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href]');
  const elsewhere = !link || link.target || link.origin !== location.origin || !/^\/($|verify$|contractor|desk)/.test(link.pathname);
  if (elsewhere || link.getAttribute('href').startsWith('#') || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  navigate(link.pathname + link.search);
});

async function start() {
  document.body.append(head, main, foot, h('div', { id: 'live', class: 'unseen', 'aria-live': 'polite' }));
  if (location.pathname === '/verify') readFragment();
  if (location.pathname !== '/callback') return show(null, true);
  const view = await comeBack().catch(() => null);
  if (view === 'elsewhere') {
    frame();
    main.replaceChildren(h('h1', { tabindex: '-1' }, t('session.renewed')), h('p', {}, t('session.close')));
    return undefined;
  }
  if (view === null) {
    frame();
    main.replaceChildren(h('h1', { tabindex: '-1' }, t('session.failed')), h('p', {}, t('session.failed.text')), h('p', {}, h('a', { href: '/' }, t('foot.top'))));
    return undefined;
  }
  // A login leads to its own side, whichever button began it.
  const side = SIDES[who().group];
  const fits = side && (view === side || view.startsWith(`${side}/`) || view.startsWith(`${side}?`));
  return navigate(fits || !side ? view : side, { replace: true });
}

start();
