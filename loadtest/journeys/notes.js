// What a user does with notes: list, read, create, edit, search. A virtual user keeps the ids and ETags of its own notes.

import { call } from '../lib/api.js';
import { uuid } from '../lib/uuid.js';

const ENOUGH = 30;
const KEEP_OWN = 20;
const WORDS = 'satchel paper ink harbour lantern granite meadow compass violet thunder orchard timber'.split(' ');

const word = () => WORDS[Math.floor(Math.random() * WORDS.length)];
const any = (items) => items[Math.floor(Math.random() * items.length)];
const text = (length) => Array.from({ length }, word).join(' ');

const remember = (note, answer) => ({ id: note.id, etag: answer.headers.Etag });

export function seed(user) {
  const { items } = call(user, 'setup', 'GET', `/notes?limit=${ENOUGH}`).json();
  for (let have = items.length; have < ENOUGH; have++) {
    const body = { title: `${text(3)} ${have}`, body: text(60) };
    call(user, 'setup', 'POST', '/notes', { body, headers: { 'Idempotency-Key': uuid() }, expect: [201] });
  }
}

export function list(me) {
  const answer = call(me, 'notes.list', 'GET', '/notes?limit=20');
  if (answer.status === 200) me.notes = answer.json().items.map(({ id }) => ({ id }));
}

// Half of the reads are conditional, because the user has the note already.
export function read(me) {
  if (me.notes.length === 0) return list(me);
  const note = any(me.notes);
  const headers = note.etag && Math.random() < 0.5 ? { 'If-None-Match': note.etag } : {};
  // A note from the list may be one that this user has just deleted.
  const answer = call(me, 'notes.read', 'GET', `/notes/${note.id}`, { headers, expect: [200, 304] });
  if (answer.status === 200) note.etag = answer.headers.Etag;
}

export function create(me) {
  if (me.own.length >= KEEP_OWN) return remove(me);
  const body = { title: text(4), body: text(80) };
  const answer = call(me, 'notes.create', 'POST', '/notes', { body, headers: { 'Idempotency-Key': uuid() }, expect: [201] });
  if (answer.status === 201) me.own.push(remember(answer.json(), answer));
}

export function edit(me) {
  if (me.own.length === 0) return create(me);
  const note = any(me.own);
  const body = { title: text(4) };
  const answer = call(me, 'notes.edit', 'PATCH', `/notes/${note.id}`, { body, headers: { 'If-Match': note.etag } });
  if (answer.status === 200) Object.assign(note, remember(note, answer));
}

function remove(me) {
  const note = me.own.shift();
  me.notes = me.notes.filter(({ id }) => id !== note.id);
  call(me, 'notes.delete', 'DELETE', `/notes/${note.id}`, { expect: [204] });
}

export function search(me) {
  call(me, 'notes.search', 'GET', `/notes?limit=20&q=${word()}`);
}
