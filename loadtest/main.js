// The load test: one profile (rate and duration) over the journeys (what a user does). Run it with `make load PROFILE=…`,
// which creates the users and passes BASE_URL, LOAD_USERS, LOAD_PASSWORD, PROFILE, REPORT in the environment.
// The target must be on this host.

import exec from 'k6/execution';
import http from 'k6/http';
import { Gauge } from 'k6/metrics';
import { signIn } from './lib/api.js';
import { profile } from './lib/profiles.js';
import { summary } from './lib/report.js';
import * as accounts from './journeys/accounts.js';
import * as notes from './journeys/notes.js';

const base = __ENV.BASE_URL || '';
if (!/^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d+$/.test(base)) {
  throw new Error(`the load test accepts only a service on this host, not "${base}"`);
}

const chosen = profile(__ENV.PROFILE, __ENV.DURATION);
// Under overload a quick 503 with Retry-After is the right response; it is counted separately.
if (chosen.mayShed) http.setResponseCallback(http.expectedStatuses({ min: 200, max: 399 }, 503));

const offered = new Gauge('offered_per_second');

export const options = {
  scenarios: chosen.scenarios,
  thresholds: chosen.thresholds,
  summaryTrendStats: ['avg', 'min', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  setupTimeout: '5m',
  discardResponseBodies: false,
};

// Each user logs in once and has enough notes for a full page.
export function setup() {
  const users = [];
  for (let i = 1; i <= Number(__ENV.LOAD_USERS); i++) {
    const user = signIn(base, `load${i}`, __ENV.LOAD_PASSWORD);
    notes.seed(user);
    users.push(user);
  }
  return users;
}

// One virtual user is one account, so that none shares a refresh token or a note's version.
let me = null;

export default function work(users) {
  me = me || { ...users[(exec.vu.idInTest - 1) % users.length], notes: [], own: [] };
  if (chosen.climb && exec.scenario.name === 'main') {
    offered.add(chosen.climb.from + (chosen.climb.to - chosen.climb.from) * exec.scenario.progress);
  }
  const dice = Math.random();
  if (dice < 0.4) notes.list(me);
  else if (dice < 0.7) notes.read(me);
  else if (dice < 0.8) notes.create(me);
  else if (dice < 0.9) notes.edit(me);
  else if (dice < 0.95) notes.search(me);
  else accounts.profile(me);
}

export function handleSummary(data) {
  return summary(data, { profile: __ENV.PROFILE, base, report: __ENV.REPORT, users: __ENV.LOAD_USERS });
}
