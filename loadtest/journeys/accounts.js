// What a person does with the account: the page asks who is signed in each time it is opened.
// Refuses to sign in: that is setup's work, once per user, or the test would measure the password hash.

import { call } from '../lib/api.js';

export function profile(me) {
  call(me, 'me.read', 'GET', '/me');
}
