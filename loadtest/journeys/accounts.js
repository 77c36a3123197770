// The page reads the account each time it is opened. Login is done once per user in setup, because otherwise the
// test would measure the password hash.

import { call } from '../lib/api.js';

export function profile(me) {
  call(me, 'me.read', 'GET', '/me');
}
