// Elements made from words: text is always text, never markup.

/** Makes an element. Attributes that are false or null are left out; `onclick` and the like are listeners. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes ?? {})) {
    if (attribute.startsWith('on')) element.addEventListener(attribute.slice(2), value);
    else if (value === true) element.setAttribute(attribute, '');
    else if (value !== false && value != null) element.setAttribute(attribute, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** What no line ends within: a day, an amount. */
export const whole = (text) => h('span', { class: 'whole' }, text);

/** A sentence none of whose days, amounts and clauses is broken at the end of a line. */
export const prose = (text) => text.split(/((?:令和|平成|昭和)[元\d]+年(?:\(\d+年\))?\d+月\d+日|第\d+条|[\d,]+円)/)
  .map((part, place) => (place % 2 === 1 ? whole(part) : part));

/** A list of names and values. */
export const pairs = (rows) =>
  h('dl', { class: 'pairs' }, rows.filter(Boolean).map(([name, value]) =>
    h('div', {}, h('dt', {}, name), h('dd', {}, value))));

/**
 * A table whose cells carry their column's name, so that it can be read as cards where it is narrow. The
 * roles stay with it there: what is laid out as blocks is no table to a screen reader otherwise. A column
 * made by `figures` has its digits below one another.
 */
export const table = (caption, columns, rows) =>
  h('table', { class: 'list', role: 'table' },
    h('caption', { class: 'unseen' }, caption),
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, columns.map((column) => h('th', { scope: 'col', role: 'columnheader', class: column.kind }, nameOf(column))))),
    h('tbody', { role: 'rowgroup' }, rows.map((cells) =>
      h('tr', { role: 'row' }, cells.map((cell, place) => h('td', { role: 'cell', class: columns[place].kind, 'data-column': nameOf(columns[place]) }, cell))))));

/** A column of amounts. */
export const figures = (name) => ({ name, kind: 'figures' });

const nameOf = (column) => column.name ?? column;

/** A button that is out of use while what it does is under way. */
export function button(label, act, kind = 'plain') {
  const element = h('button', { type: 'button', class: `button ${kind}` }, label);
  element.addEventListener('click', () => busy(element, act));
  return element;
}

/** Carries out `act` with the button out of use; focus stays where it is. */
export async function busy(element, act) {
  if (element.getAttribute('aria-disabled') === 'true') return;
  element.setAttribute('aria-disabled', 'true');
  try {
    await act();
  } finally {
    element.removeAttribute('aria-disabled');
  }
}

/** Has the browser save what is here already, as a file of JSON. */
export function saveAs(name, data) {
  const url = URL.createObjectURL(new Blob([JSON.stringify(data, null, 1)], { type: 'application/json' }));
  h('a', { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

/** A message; `role` is `status` for good news and `alert` for bad. */
export const notice = (kind, ...children) =>
  h('div', { class: `notice ${kind}`, role: kind === 'bad' ? 'alert' : 'status' }, children);

/** Tells a screen reader something without moving the focus. */
export function say(text) {
  const live = document.getElementById('live');
  live.textContent = '';
  setTimeout(() => { live.textContent = text; }, 50);
}

/**
 * Asks in a dialog; resolves to what `read` gives when it is confirmed, and to null when it is not. Where
 * it is about something `final`, a hasty Enter must do nothing: the focus begins on the way back.
 */
export function ask({ title, body, confirm, cancel, kind = 'primary', final = kind === 'danger', read = () => true }) {
  return new Promise((resolve) => {
    const heading = h('h2', { id: 'dialog-title' }, title);
    const form = h('form', { method: 'dialog', novalidate: true }, heading, body,
      h('div', { class: 'actions' },
        confirm && h('button', { class: `button ${kind}`, value: 'yes' }, confirm),
        h('button', { class: 'button plain', type: 'button', autofocus: final, onclick: () => dialog.close() }, cancel)));
    const dialog = h('dialog', { 'aria-labelledby': 'dialog-title' }, form);
    dialog.addEventListener('close', () => {
      const answer = dialog.returnValue === 'yes' ? read(form) : null;
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
