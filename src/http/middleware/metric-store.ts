/** Counters, gauges and histograms by name and labels, and their text form for scrapers. */
import { HubError, METRIC_SERIES_MAX } from '../../base/index.ts';

/** Label values by name. */
export type MetricLabels = Readonly<Record<string, string>>;

type MetricType = 'counter' | 'gauge' | 'histogram';

interface Series {
  readonly labels: MetricLabels;
  value: number;
  /** Histograms: observations at most as large as each bound of BUCKETS. */
  readonly buckets: number[] | undefined;
  count: number;
}

interface Metric {
  readonly type: MetricType;
  readonly series: Map<string, Series>;
}

/** Upper bounds of histogram buckets: those usual for requests, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics of one hub. */
export class MetricStore {
  readonly #metrics = new Map<string, Metric>();

  /** @throws MH_METRIC_INVALID for a negative amount or a name of another type */
  addToCounter(name: string, amount: number, labels: MetricLabels = {}): void {
    if (!(amount >= 0)) throw invalid(name, `a counter only grows, got ${amount}`);
    this.#change(name, 'counter', labels, (series) => {
      series.value += amount;
    });
  }

  /** @throws MH_METRIC_INVALID for a name of another type */
  addToGauge(name: string, amount: number, labels: MetricLabels = {}): void {
    this.#change(name, 'gauge', labels, (series) => {
      series.value += amount;
    });
  }

  /** @throws MH_METRIC_INVALID for a name of another type */
  setGauge(name: string, value: number, labels: MetricLabels = {}): void {
    this.#change(name, 'gauge', labels, (series) => {
      series.value = value;
    });
  }

  /** Adds an observation to a histogram. @throws MH_METRIC_INVALID for a name of another type */
  observe(name: string, value: number, labels: MetricLabels = {}): void {
    this.#change(name, 'histogram', labels, (series) => {
      series.value += value;
      series.count++;
      BUCKETS.forEach((bound, index) => {
        if (value <= bound) series.buckets![index]!++;
      });
    });
  }

  /** Everything in the Prometheus text format, version 0.0.4. */
  expose(): string {
    const lines: string[] = [];
    for (const [name, { type, series }] of this.#metrics) {
      lines.push(`# TYPE ${name} ${type}`);
      for (const each of series.values()) lines.push(...exposeSeries(name, each));
    }
    return `${lines.join('\n')}\n`;
  }

  #change(name: string, type: MetricType, labels: MetricLabels, change: (series: Series) => void): void {
    if (name === '') throw invalid(name, 'the name is empty');
    const safeName = name.replace(/[^a-zA-Z0-9_:]/g, '_');
    let metric = this.#metrics.get(safeName);
    if (metric === undefined) {
      metric = { type, series: new Map() };
      this.#metrics.set(safeName, metric);
    }
    if (metric.type !== type) throw invalid(name, `it is a ${metric.type}, got a ${type}`);
    const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
    let series = metric.series.get(key);
    if (series === undefined) {
      // Labels made from what clients send would grow without end: what comes beyond is not counted.
      if (metric.series.size >= METRIC_SERIES_MAX) return;
      series = {
        labels,
        value: 0,
        buckets: type === 'histogram' ? BUCKETS.map(() => 0) : undefined,
        count: 0,
      };
      metric.series.set(key, series);
    }
    change(series);
  }
}

function exposeSeries(name: string, { labels, value, buckets, count }: Series): string[] {
  if (buckets === undefined) return [`${name}${labelText(labels)} ${value}`];
  return [
    ...BUCKETS.map(
      (bound, index) => `${name}_bucket${labelText({ ...labels, le: String(bound) })} ${buckets[index]}`,
    ),
    `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${count}`,
    `${name}_sum${labelText(labels)} ${value}`,
    `${name}_count${labelText(labels)} ${count}`,
  ];
}

function labelText(labels: MetricLabels): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    const escaped = value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
    return `${name.replace(/[^a-zA-Z0-9_]/g, '_')}="${escaped}"`;
  });
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function invalid(name: string, fact: string): HubError {
  return new HubError('MH_METRIC_INVALID', { message: `Cannot change metric "${name}": ${fact}` });
}
