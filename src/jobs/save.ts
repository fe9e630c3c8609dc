/** From `received` to `saved`: pixel work, and exactly one new file whatever dies on the way. */
import { join } from 'node:path';
import { fault } from '../fill/faults.ts';
import { plansOf, type Held } from '../fill/record.ts';
import { exists, renamePatiently, syncFolder } from './disk.ts';
import { advance, end, endKept, guard, settle, wanted, type Context, type Entry } from './entry.ts';
import { isOfService } from './images.ts';
import { files, heldFile, readBase, resultFile } from './journal.ts';
import { inTurn, rasterInput, writeRequest } from './request.ts';

/** A name taken at the last moment gives the next one; this often, and the folder is not what it seems. */
const nameTries = 100;

const savedAs = async (context: Context, entry: Entry, uri: string): Promise<void> => {
  const { saving, held: _kept, ...job } = entry.job;
  const { warnings, fill } = job;
  if (saving === undefined) throw new Error('a job was saved under no name');
  const { name, bytes, sha256, exact, changedOutsideEffective, changedOutsideBase } = saving;
  // The file stands: a source that can no longer be read is no reason to say that it does not.
  const changed = await context.deps.place
    .sourceState(fill)
    .catch(() => fault('source.changed', { name: fill.source.name }));
  entry.job = { ...job, saving };
  return end(context, entry, {
    state: 'saved',
    saved: { uri, name, bytes, sha256, exact, changedOutsideEffective, changedOutsideBase },
    warnings: changed === undefined ? warnings : [...warnings, changed],
  });
};

/** One at a time in a folder: of many that look for a free name together, each but one would have to look again. */
const inFolder = async (context: Context, entry: Entry, work: () => Promise<void>): Promise<void> => {
  const { source, save } = entry.job.fill;
  const folder = save.out?.path ?? source.uri.slice(0, source.uri.lastIndexOf('/'));
  const release = await context.slots.acquire(`save ${folder}`, 1, entry.stop.signal);
  try {
    wanted(entry);
    return await work();
  } finally {
    release?.();
  }
};

const save = async (context: Context, entry: Entry, file: string, { extension, ...written }: Held): Promise<void> => {
  const { place } = context.deps;
  const { fill } = entry.job;
  const temporary = `.flux-fill-${entry.id}-${entry.lease.nonce}.tmp`;
  for (let tries = 0; tries < nameTries; tries++) {
    const name = await place.name(fill, extension);
    wanted(entry);
    if (!name.ok) return endKept(context, entry, name.fault);
    await advance(context, entry, { state: 'saving', saving: { name: name.value, temporary, ...written } });
    await settle(context, entry);
    await guard(entry);
    wanted(entry);
    const put = await place.put(fill, file, temporary, name.value);
    if (!put.ok) {
      await place.discard(fill, temporary);
      wanted(entry);
      return endKept(context, entry, put.fault);
    }
    if (put.value !== 'taken') return savedAs(context, entry, put.value.uri);
    wanted(entry);
  }
  const reason = `each of ${nameTries} free names was taken`;
  return endKept(context, entry, fault('save.failed', { name: fill.source.name, reason }));
};

/** The next step of the fill, made from what there is by now. Whoever pressed Cancel meanwhile wants no more of them. */
const nextStep = async (context: Context, entry: Entry, step: number): Promise<void> => {
  const { cost, cancelRequested } = entry.job;
  if (cancelRequested) return end(context, entry, { state: 'cancelled', fault: fault('job.stopped') });
  const written = await writeRequest(context, entry, step);
  if (!written.ok) return end(context, entry, { state: 'failed', fault: written.fault });
  delete entry.sending;
  entry.live = {};
  entry.cancelledLate = false;
  delete entry.reservedAt;
  const { handle: _handle, submittedAt, sentAt, ...job } = entry.job;
  // A step that was never heard of again, before this one is sent: it may be found in the service's list.
  entry.job = submittedAt === undefined && sentAt !== undefined ? { ...job, sentAt } : job;
  return advance(context, entry, { state: 'prepared', step, ...(cost === undefined ? {} : { spent: cost }) });
};

/** The file waits until the person keeps it, under a name that says its format. */
const hold = async (context: Context, entry: Entry, held: Held): Promise<void> => {
  await renamePatiently(join(entry.folder, files.out), join(entry.folder, heldFile(held)));
  await syncFolder(entry.folder);
  return end(context, entry, { state: 'held', held });
};

export const finish = async (context: Context, entry: Entry): Promise<void> => {
  const { fill, handle, step, held } = entry.job;
  const at = (name: string): string => join(entry.folder, name);
  if (held !== undefined) return inFolder(context, entry, () => save(context, entry, at(heldFile(held)), held));
  const missing = handle !== undefined && !(await exists(at(resultFile(step))));
  if (missing) return advance(context, entry, { state: 'submitted' });
  const plans = plansOf(fill);
  if (step + 1 < plans.length) return nextStep(context, entry, step + 1);

  const { raster } = context.deps;
  const made = {
    result: { name: 'result', path: at(resultFile(step)) },
    as: fill.save.as,
    out: at(files.out),
    ...(fill.save.note ? { note: fill } : {}),
  };
  const finished = await inTurn(context, entry, async () =>
    fill.preset === undefined
      ? raster.finish({
          ...rasterInput(entry.folder, fill, await readBase(entry.folder, fill), step),
          plan: plans[step],
          ...made,
        })
      : raster.takeWhole(made),
  );
  wanted(entry);
  if (!finished.ok) return endKept(context, entry, finished.fault);
  const { warnings, ...written } = finished.value;
  entry.job = { ...entry.job, warnings: [...entry.job.warnings.filter(isOfService), ...warnings] };
  if (fill.variation !== undefined) return hold(context, entry, written);
  return inFolder(context, entry, () => save(context, entry, at(files.out), written));
};

/** Found in `saving`: the file stands where it was to stand, or it is made again. */
export const recoverSaving = async (context: Context, entry: Entry): Promise<void> => {
  const { place } = context.deps;
  const { saving, ...job } = entry.job;
  if (saving !== undefined) {
    const uri = await place.find(job.fill, saving.name, saving.sha256);
    wanted(entry);
    await place.discard(job.fill, saving.temporary);
    if (uri !== undefined) return savedAs(context, entry, uri);
    wanted(entry);
  }
  entry.job = job;
  return advance(context, entry, { state: 'received' });
};
