// Web Push fan-out of the whole worker, against a loop over web-push and against encryption alone; and how long a caller waits.

import { type ChildProcess, spawn } from 'node:child_process';
import { nodeCommand } from '../machine.ts';
import { median, type Options, type Report, type Row, type Target } from '../report.ts';
import { createStore, type Store } from '../store.ts';
import { measureAnswers } from './answers.ts';
import { measureBurst } from './burst.ts';
import { startService } from './start-service.ts';
import type { Done, Task } from './subject.ts';

/** Long enough that beginning and end, when only one side of the pipeline works, weigh little. */
const DEVICES = 30_000;

export async function run(options: Options): Promise<Report[]> {
  const reports = [await measureFanOut(options), await measureBurst(options)];
  const devices = options.quick ? DEVICES : options.devices;
  for (const engine of options.engines) reports.push(await measureAnswers(engine, { ...options, devices }));
  return reports;
}

async function measureFanOut(options: Options): Promise<Report> {
  const store = await createStore('postgres');
  const service = await startService();
  const processes: Subject[] = [];
  const subject = async (where: 'anywhere' | 'one core', app_id: string, devices: number) => {
    const started = new Subject(where);
    processes.push(started);
    await started.ask({ do: 'open', databaseUrl: databaseUrlOf(store), app_id, port: service.port });
    options.say(`filling in ${devices.toLocaleString('en-US')} registrations`);
    await started.ask({ do: 'fill', devices });
    return started;
  };
  try {
    const free = await subject('anywhere', 'com.example.free', DEVICES);
    const pinned = await subject('one core', 'com.example.pinned.app', DEVICES);
    const rows = [
      await compare(
        'fan-out, against a loop over web-push',
        free,
        { do: 'web-push', seconds: options.seconds },
        options,
        {
          of: 'ratio',
          atLeast: 5,
        },
      ),
      await compare(
        'fan-out, against encryption alone on one core',
        free,
        { do: 'encrypt', seconds: options.seconds },
        options,
        {
          of: 'ratio',
          atLeast: 0.8,
        },
      ),
      await compare(
        'fan-out on one core, against a loop over web-push',
        pinned,
        { do: 'web-push', seconds: options.seconds },
        options,
      ),
    ];
    if (!options.quick)
      rows.push(await memory(await subject('anywhere', 'com.example.large.audience', options.devices)));
    return { bench: 'Web Push fan-out on postgres', baseline: 'the same process doing only that', rows };
  } finally {
    for (const each of processes) each.end();
    service.child.kill();
    await store.remove();
  }
}

async function compare(
  what: string,
  subject: Subject,
  baseline: Task,
  { runs, say }: Options,
  target?: Target,
): Promise<Row> {
  const [fanOuts, baselines]: [number[], number[]] = [[], []];
  for (let run = -1; run < runs; run += 1) {
    const own = perSecond(await subject.ask({ do: 'fan-out' }));
    const other = perSecond(await subject.ask(baseline));
    say(`${what}: ${Math.round(own)}/s against ${Math.round(other)}/s`);
    // The first turn warms both up.
    if (run < 0) continue;
    fanOuts.push(own);
    baselines.push(other);
  }
  const ratios = fanOuts.map((own, index) => own / (baselines[index] ?? Number.NaN));
  return {
    what,
    unit: 'messages/s',
    subject: median(fanOuts),
    baseline: median(baselines),
    ratio: median(ratios),
    ratios,
    ...(target && { target }),
  };
}

/** Memory above idle while a large audience is walked. */
async function memory(subject: Subject): Promise<Row> {
  const { idleMb, peakMb, count, ms } = await subject.ask({ do: 'fan-out' });
  const ratio = peakMb / idleMb;
  return {
    what: `memory above idle, ${count.toLocaleString('en-US')} sent`,
    unit: 'MB',
    subject: peakMb - idleMb,
    baseline: idleMb,
    ratio,
    ratios: [ratio],
    target: { of: 'subject', atMost: 300 },
    more: { 'messages/s': (count * 1000) / ms },
  };
}

const perSecond = ({ count, ms }: Done): number => (count * 1000) / ms;

function databaseUrlOf(store: Store): string {
  const url = store.env.DATABASE_URL;
  if (!url) throw new Error('The store has no PostgreSQL');
  return url;
}

class Subject {
  readonly #child: ChildProcess;

  constructor(where: 'anywhere' | 'one core') {
    const args = ['--conditions=source', '--expose-gc', new URL('./subject.ts', import.meta.url).pathname];
    const [command, commandArgs] = where === 'anywhere' ? [process.execPath, args] : nodeCommand('server', args);
    this.#child = spawn(command, commandArgs, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  }

  ask(task: Task): Promise<Done> {
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error(`The measured process ended while it had to ${task.do}`));
      this.#child.once('exit', ended);
      this.#child.once('message', (answer: Done | { error: string }) => {
        this.#child.off('exit', ended);
        if ('error' in answer) reject(new Error(answer.error));
        else resolve(answer);
      });
      this.#child.send(task);
    });
  }

  end(): void {
    this.#child.kill();
  }
}
