// Which language the texts are in: Japanese unless the reader switched.

import texts from './texts.js';

const KEPT = 'language';

/** The language now: `ja` or `en`. */
export let language = localStorage.getItem(KEPT) === 'en' ? 'en' : 'ja';

/** Switches, and keeps the choice for the next visit. */
export function switchLanguage(to) {
  language = to;
  localStorage.setItem(KEPT, to);
  document.documentElement.lang = to;
}

const filled = (text, values) =>
  text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');

/** The text of this name, with `{values}` put in. */
export const t = (name, values = {}) => filled(texts[name]?.[language === 'en' ? 1 : 0] ?? name, values);

/** The text as it stands on paper, which is Japanese for every reader. */
export const onPaper = (name, values = {}) => filled(texts[name]?.[0] ?? name, values);

/** Whether there is a text of this name. */
export const has = (name) => name in texts;
