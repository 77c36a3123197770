// A client of the API: login, token refresh, requests. Responses that a rate limit refused are counted, because they make the
// result meaningless.

import http from 'k6/http';
import { check } from 'k6';
import { Counter } from 'k6/metrics';

const RENEW_AFTER_MS = 8 * 60 * 1000; // an access token is valid for ten minutes

const rateLimited = new Counter('rate_limited');
const shed = new Counter('shed');

export function signIn(base, login, password) {
  const answer = http.post(`${base}/api/v1/auth/login?transport=body`, JSON.stringify({ login, password }), {
    headers: { 'Content-Type': 'application/json' },
    tags: { name: 'auth.login' },
  });
  if (answer.status !== 200) throw new Error(`${login} cannot log in: ${answer.status} ${answer.body}`);
  return keep({ base }, answer.json());
}

const keep = (user, { access_token, refresh_token }) =>
  Object.assign(user, { access_token, refresh_token, signedInAt: Date.now() });

function renewed(user) {
  if (Date.now() - user.signedInAt < RENEW_AFTER_MS) return user;
  const body = JSON.stringify({ refresh_token: user.refresh_token });
  const answer = http.post(`${user.base}/api/v1/auth/refresh?transport=body`, body, {
    headers: { 'Content-Type': 'application/json' },
    tags: { name: 'auth.refresh' },
  });
  return answer.status === 200 ? keep(user, answer.json()) : user;
}

// call(user, 'notes.list', 'GET', '/notes', { body, headers, expect })
export function call(user, name, method, path, { body, headers = {}, expect = [200] } = {}) {
  const { base, access_token } = renewed(user);
  const answer = http.request(method, `${base}/api/v1${path}`, body && JSON.stringify(body), {
    headers: {
      Authorization: `Bearer ${access_token}`,
      'Accept-Encoding': 'gzip',
      ...(body && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    tags: { name },
  });
  if (answer.status === 429) rateLimited.add(1);
  const refused = answer.status === 503 && answer.headers['Retry-After'] !== undefined;
  if (refused) shed.add(1);
  else check(answer, { [`${name} answers ${expect.join(' or ')}`]: (it) => expect.includes(it.status) });
  return answer;
}
