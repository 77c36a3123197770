// The report of a run: a few lines on standard output and one self-contained HTML file. The thresholds decide whether it passed.

const number = (value) => (value === undefined ? '–' : value >= 100 ? value.toFixed(0) : value.toFixed(2));
const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const value = (data, metric, field) => data.metrics[metric] && data.metrics[metric].values[field];

// Every threshold except those that only make a metric visible.
const thresholdsOf = (data) =>
  Object.entries(data.metrics)
    .flatMap(([metric, { thresholds = {} }]) =>
      Object.entries(thresholds).map(([rule, { ok }]) => ({ metric, rule, ok })),
    )
    .filter(({ rule }) => rule !== 'max>=0');

const requests = (data) =>
  Object.entries(data.metrics)
    .map(([metric, { values }]) => ({ name: (/^http_req_duration\{name:(.+)\}$/.exec(metric) || [])[1], values }))
    .filter(({ name, values }) => name && values.count > 0);

function facts(data, run) {
  return [
    ['Profile', run.profile],
    ['Target', run.base],
    ['Users', run.users],
    ['Duration', `${(data.state.testRunDurationMs / 1000).toFixed(0)} s, with warm-up and setting up`],
    ['Requests measured', value(data, 'http_req_duration{phase:main}', 'count')],
    ['Average / p95 / p99 in ms', ['avg', 'p(95)', 'p(99)'].map((stat) => number(value(data, 'http_req_duration{phase:main}', stat))).join(' / ')],
    ['Failed', `${number((value(data, 'http_req_failed{phase:main}', 'rate') || 0) * 100)} %`],
    ['Refused with 503 and Retry-After', value(data, 'shed', 'count') || 0],
    ...(data.metrics.offered_per_second ? [['Offered at the end, per second', number(value(data, 'offered_per_second', 'max'))]] : []),
    ['Not sent, no free user', value(data, 'dropped_iterations', 'count') || 0],
    ['Checks that failed', value(data, 'checks', 'fails') || 0],
  ];
}

function text(data, run) {
  const lines = facts(data, run).map(([name, fact]) => `${name.padEnd(34)} ${fact}`);
  lines.push('', ...thresholdsOf(data).map(({ metric, rule, ok }) => `${ok ? 'ok    ' : 'FAILED'}  ${metric}: ${rule}`));
  if (value(data, 'rate_limited', 'count') > 0) {
    lines.push('', 'The service refused requests with 429: its rate limits are on, so these figures are meaningless.');
    lines.push('Start it with: SATCHEL_API_LIMITS=off make up');
  }
  return `\n${lines.join('\n')}\n\nReport: ${run.report}\n`;
}

const row = (cells, tag = 'td') => `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>`;

function html(data, run) {
  const slowest = Math.max(...requests(data).map(({ values }) => values['p(99)']), 1);
  const bar = (values) =>
    ['p(99)', 'p(95)', 'med']
      .map((stat, i) => `<i class="b${i}" style="width:${((values[stat] / slowest) * 100).toFixed(1)}%"></i>`)
      .join('');
  const rows = requests(data)
    .map(({ name, values }) => {
      const cells = [name, values.count, ...['avg', 'med', 'p(95)', 'p(99)', 'max'].map((stat) => number(values[stat]))];
      return row(cells).replace('</tr>', `<td class="bars">${bar(values)}</td></tr>`);
    })
    .join('');
  const failed = thresholdsOf(data).some(({ ok }) => !ok);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Satchel under load: ${escape(run.profile)}</title>
<style>
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:1rem 0}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884}
td:nth-child(n+2){font-variant-numeric:tabular-nums}.ok{color:#1a7f37}.bad{color:#cf222e;font-weight:600}
.bars{position:relative;min-width:10rem}.bars i{position:absolute;left:0;top:30%;height:40%}
.b0{background:#7a9cd655}.b1{background:#7a9cd699}.b2{background:#4a74bd}
</style>
<h1>Satchel under load: ${escape(run.profile)}</h1>
<p class="${failed ? 'bad' : 'ok'}">${failed ? 'At least one threshold failed.' : 'Every threshold passed.'}</p>
<table>${facts(data, run).map((fact) => row(fact)).join('')}</table>
<h2>Thresholds</h2>
<table>${thresholdsOf(data).map(({ metric, rule, ok }) => row([ok ? 'ok' : 'FAILED', metric, rule])).join('')}</table>
<h2>By request, in milliseconds</h2>
<p>The warm-up is in these, it is not in the thresholds. Bars: median, p95, p99.</p>
<table>${row(['Request', 'Count', 'avg', 'median', 'p95', 'p99', 'max', ''], 'th')}${rows}</table></html>
`;
}

export function summary(data, run) {
  return { stdout: text(data, run), [run.report]: html(data, run) };
}
