// Rate, duration and thresholds of each profile. Each has a warm-up without thresholds. main.js and the journeys define the
// requests.

const WARM_UP_S = 5;

// Listed so that the report has a row for each kind of request; the threshold always passes.
const NAMES = ['notes.list', 'notes.read', 'notes.create', 'notes.edit', 'notes.delete', 'notes.search', 'me.read'];

const scenario = (phase, startTime, vus, arrivals) => ({
  ...arrivals,
  timeUnit: '1s',
  startTime,
  preAllocatedVUs: vus,
  maxVUs: vus,
  tags: { phase },
});

const steady = (phase, start_s, vus, rate, duration) =>
  scenario(phase, `${start_s}s`, vus, { executor: 'constant-arrival-rate', rate, duration });

const ramp = (phase, start_s, vus, startRate, stages) =>
  scenario(phase, `${start_s}s`, vus, { executor: 'ramping-arrival-rate', startRate, stages });

const must = (phase, latency, failed) => ({
  [`http_req_duration{phase:${phase}}`]: latency,
  [`http_req_failed{phase:${phase}}`]: failed,
});

const abortAbove = (threshold) => ({ threshold, abortOnFail: true, delayAbortEval: '10s' });

const PROFILES = {
  // Low load: every request succeeds and is fast. The original requirement was 200 ms on average.
  smoke: (duration = '30s') => ({
    scenarios: { main: steady('main', WARM_UP_S, 20, 50, duration) },
    thresholds: must('main', ['p(95)<50', 'avg<200'], ['rate==0']),
  }),
  // A typical busy day.
  average: (duration = '2m') => ({
    scenarios: { main: steady('main', WARM_UP_S, 60, 300, duration) },
    thresholds: must('main', ['avg<15', 'p(95)<40', 'p(99)<80'], ['rate==0']),
  }),
  // More than planned for, in steps: slower responses are accepted, errors are not.
  stress: (duration = '1m') => ({
    mayShed: true,
    scenarios: {
      main: ramp('main', WARM_UP_S, 150, 300, [
        { target: 600, duration },
        { target: 900, duration },
        { target: 300, duration: '30s' },
      ]),
    },
    thresholds: must('main', ['p(95)<500'], ['rate<0.001']),
  }),
  // All users at once; afterwards it is as fast as before.
  spike: (duration = '20s') => ({
    mayShed: true,
    scenarios: {
      main: ramp('main', WARM_UP_S, 200, 50, [
        { target: 1500, duration: '5s' },
        { target: 1500, duration },
        { target: 50, duration: '5s' },
      ]),
      after: steady('after', WARM_UP_S + 10 + seconds(duration) + 5, 20, 50, '20s'),
    },
    thresholds: {
      ...must('main', ['max<15000'], ['rate<0.001']),
      ...must('after', ['p(95)<50'], ['rate==0']),
    },
  }),
  // Long enough for leaks and for expired tokens.
  soak: (duration = '30m') => ({
    scenarios: { main: steady('main', WARM_UP_S, 40, 100, duration) },
    thresholds: must('main', ['p(95)<50', 'p(99)<100'], ['rate==0']),
  }),
  // Increases until it is too slow, fails, or no virtual user is free. The report has the rate.
  breakpoint: (duration = '5m') => ({
    mayShed: true,
    climb: { from: 100, to: 6000 },
    scenarios: { main: ramp('main', WARM_UP_S, 250, 100, [{ target: 6000, duration }]) },
    thresholds: {
      ...must('main', [abortAbove('p(95)<1000')], [abortAbove('rate<0.01')]),
      dropped_iterations: [abortAbove('count<200')],
    },
  }),
};

function seconds(duration) {
  const [, number, unit] = /^(\d+)([smh])$/.exec(duration) || [];
  if (!number) throw new Error(`DURATION is a number and s, m or h, not "${duration}"`);
  return Number(number) * { s: 1, m: 60, h: 3600 }[unit];
}

export function profile(name, duration) {
  if (!PROFILES[name]) throw new Error(`PROFILE is one of ${Object.keys(PROFILES).join(', ')}`);
  if (duration) seconds(duration);
  const chosen = PROFILES[name](duration || undefined);
  const vus = chosen.scenarios.main.maxVUs;
  chosen.scenarios.warmUp = steady('warm-up', 0, vus, 20, `${WARM_UP_S}s`);
  chosen.thresholds.rate_limited = ['count==0'];
  for (const request of NAMES) chosen.thresholds[`http_req_duration{name:${request}}`] = ['max>=0'];
  return chosen;
}
