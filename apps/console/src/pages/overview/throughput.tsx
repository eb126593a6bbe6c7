import { SegmentedControl, useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useThroughput } from '../../api/queries';
import type { ThroughputSample } from '../../api/types';
import { formatRate } from '../../parts/format';
import { Panel } from '../../parts/page';
import { Empty, Loaded } from '../../parts/states';

const RANGES = [
  { value: '15', label: '15 min' },
  { value: '60', label: '1 h' },
  { value: '360', label: '6 h' },
];
const HEIGHT_PX = 220;
/** By the number of the series; the first one is the time. */
const COLOURS = ['', '--accent', '--ok'] as const;
const MAX_POINTS = 240;

type Series = readonly [at: readonly number[], accepted: readonly number[], delivered: readonly number[]];

export default function Throughput() {
  const throughput = useThroughput();
  const [minutes, setMinutes] = useState('15');
  return (
    <Panel
      title="Throughput"
      beside={
        <SegmentedControl size="xs" aria-label="Time shown" data={RANGES} value={minutes} onChange={setMinutes} />
      }
    >
      <Loaded query={throughput}>{({ samples }) => <Chart samples={samples} minutes={Number(minutes)} />}</Loaded>
    </Panel>
  );
}

function Chart({ samples, minutes }: { readonly samples: readonly ThroughputSample[]; readonly minutes: number }) {
  const series = useMemo(() => ratesOf(samples, minutes), [samples, minutes]);
  if (series[0].length < 2) {
    return (
      <Empty title="Just started">
        <p>The gateway notes its counts every ten seconds; the first line appears in a moment.</p>
      </Empty>
    );
  }
  return <Lines series={series} minutes={minutes} />;
}

function Lines({ series, minutes }: { readonly series: Series; readonly minutes: number }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(null);
  const scheme = useComputedColorScheme('light');

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const chart = new UPlot(settings(element.clientWidth, minutes), [[], [], []], element);
    plot.current = chart;
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = null;
    };
    // The colours are read from the page, which changes with the scheme.
  }, [scheme, minutes]);

  useEffect(() => {
    plot.current?.setData(series.map((values) => [...values]) as UPlot.AlignedData);
  }, [series, scheme, minutes]);

  const [, accepted, delivered] = series;
  const label = `Accepted ${formatRate(accepted.at(-1) ?? 0)} events a second, delivered ${formatRate(delivered.at(-1) ?? 0)}; at most ${formatRate(Math.max(...accepted))} and ${formatRate(Math.max(...delivered))} in the last ${rangeText(minutes)}.`;
  return <div ref={box} role="img" aria-label={label} className="chart" />;
}

function rangeText(minutes: number): string {
  return RANGES.find(({ value }) => Number(value) === minutes)?.label ?? '';
}

function settings(width: number, minutes: number): UPlot.Options {
  const styles = getComputedStyle(document.documentElement);
  const colour = (name: string): string => (name === '' ? 'transparent' : styles.getPropertyValue(name).trim());
  const axis: UPlot.Axis = {
    stroke: colour('--ink-2'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
    font: '12px sans-serif',
  };
  // Without a pointer over the chart: what is now.
  const value = (plot: UPlot, rate: number | null, series: number, index: number | null): string => {
    const shown = index === null ? plot.data[series]?.at(-1) : rate;
    return typeof shown === 'number' ? `${formatRate(shown)}/s` : '–';
  };
  return {
    width,
    height: HEIGHT_PX,
    legend: { live: true, markers: { width: 0, fill: (_plot, index) => colour(COLOURS[index] ?? '') } },
    cursor: { y: false },
    scales: {
      // As long as was asked for, also where less is known.
      x: { range: (plot) => endingNow(plot.data[0].at(-1) ?? 0, minutes) },
      y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] },
    },
    axes: [
      { ...axis, values: TIMES, space: 70 },
      { ...axis, size: 56, values: (_plot, ticks) => ticks.map((tick) => formatRate(tick)) },
    ],
    series: [
      { label: 'Time', value: (_plot, at) => (at ? timeOfDay(at, true) : 'now') },
      { label: 'Accepted', stroke: colour(COLOURS[1]), width: 2, points: { show: false }, value },
      { label: 'Delivered', stroke: colour(COLOURS[2]), width: 2, points: { show: false }, value },
    ],
  };
}

const TIMES = (_plot: UPlot, ticks: readonly number[]): string[] => ticks.map((at) => timeOfDay(at, at % 60 !== 0));

function timeOfDay(atSeconds: number, withSeconds: boolean): string {
  return new Date(atSeconds * 1_000).toLocaleTimeString('en-GB', { timeStyle: withSeconds ? 'medium' : 'short' });
}

function endingNow(lastSeconds: number, minutes: number): UPlot.Range.MinMax {
  return [lastSeconds - minutes * 60, lastSeconds];
}

/** Counts that only grow, as events a second between two samples. */
function ratesOf(samples: readonly ThroughputSample[], minutes: number): Series {
  const last = samples.at(-1);
  const from = last ? Date.parse(last.at) - minutes * 60_000 : 0;
  const at: number[] = [];
  const accepted: number[] = [];
  const delivered: number[] = [];
  // More points than can be told apart would only be noise.
  const shown = samples.filter((sample) => Date.parse(sample.at) >= from).length;
  const stride = Math.max(1, Math.ceil(shown / MAX_POINTS));
  samples.forEach((sample, index) => {
    const before = samples[index - stride];
    const time = Date.parse(sample.at);
    if (!before || time < from || (samples.length - 1 - index) % stride !== 0) return;
    const seconds = (time - Date.parse(before.at)) / 1_000;
    if (seconds <= 0) return;
    at.push(time / 1_000);
    accepted.push(Math.max(0, sample.accepted - before.accepted) / seconds);
    delivered.push(Math.max(0, sample.delivered - before.delivered) / seconds);
  });
  return [at, accepted, delivered];
}
