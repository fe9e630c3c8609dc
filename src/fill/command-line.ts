/** A fill as a call of the command line (cli/args.ts reads it): what was asked for, word for word, and how a shell takes it. */
import { failed, ok, type Result } from './faults.ts';
import { splitName } from './names.ts';
import { initialParameters } from './parameters.ts';
import type { Fill } from './record.ts';

export interface CommandPlaces {
  /** Path of the source. */
  readonly image: string;
  /** Path of its base mask as a picture; absent where the fill has no mask that needs one (`needsMaskFile`). */
  readonly mask?: string;
  /** The address that the service has unless another is set; absent: it has none. */
  readonly baseUrl?: string;
}

/** False where alpha channel, border or a preset say what may change. */
export const needsMaskFile = ({ mask, preset }: Pick<Fill, 'mask' | 'preset'>): boolean =>
  preset === undefined && mask.kind !== 'alpha' && mask.kind !== 'border';

/** One word an option: a value may begin with a dash. */
const option = (name: string, value: string | number): string => `--${name}=${value}`;

const flag = (name: string, set: boolean): readonly string[] => (set ? [`--${name}`] : []);

const extensions = { png: undefined, jpeg: '.jpg', webp: '.webp' } as const;

/** Where another format than PNG is asked for, which only a name can say. */
const outOf = ({ save, source }: Fill, image: string): readonly string[] => {
  const { stem, extension } = splitName(source.name);
  const wanted = save.as === 'source' ? extension.toLowerCase() : extensions[save.as];
  if (wanted === undefined || !['.jpg', '.jpeg', '.webp'].includes(wanted)) return [];
  return [option('out', `${image.slice(0, image.length - source.name.length)}${stem}.again${wanted}`)];
};

const maskOf = ({ mask, expand, preset }: Fill, file: string | undefined): Result<readonly string[]> => {
  if (preset !== undefined) return ok([option('outpaint', preset), '--own-preset']);
  const { grow, feather, invert, fillHoles } = mask.settings;
  const settings = [
    option('grow', grow),
    option('feather', feather),
    ...flag('invert', invert),
    ...flag('fill-holes', fillHoles),
  ];
  if (expand !== undefined) {
    if (mask.kind !== 'border') return failed('history.noCommand');
    const { left, top, right, bottom, overlap } = expand;
    return ok([option('expand', [left, top, right, bottom].join(',')), option('overlap', overlap), ...settings]);
  }
  if (mask.kind === 'alpha') return ok(['--alpha', ...settings]);
  return file === undefined ? failed('history.noMask') : ok([option('mask', file), '--channel=luminance', ...settings]);
};

/**
 * The words after `flux-fill`. Faults: `history.noCommand` where the fill has a larger canvas and a mask of its own, which
 * no call says; `history.noMask` where its mask is missing.
 */
export const commandWords = (fill: Fill, { image, mask, baseUrl }: CommandPlaces): Result<readonly string[]> => {
  const { parameters, plan, further, preset, service, save } = fill;
  const marked = maskOf(fill, mask);
  if (!marked.ok) return marked;
  const { x, y, width, height } = plan.window;
  return ok([
    image,
    ...marked.value,
    option('prompt', parameters.prompt),
    option('service', service.id),
    ...(service.id === 'practice' || service.baseUrl === baseUrl ? [] : [option('base-url', service.baseUrl)]),
    ...(parameters.steps === initialParameters.steps ? [] : [option('steps', parameters.steps)]),
    ...(parameters.guidance === initialParameters.guidance ? [] : [option('guidance', parameters.guidance)]),
    ...(parameters.seed === null ? [] : [option('seed', parameters.seed)]),
    ...(parameters.safetyTolerance === initialParameters.safetyTolerance
      ? []
      : [option('safety', parameters.safetyTolerance)]),
    ...(parameters.resultFormat === initialParameters.resultFormat ? [] : [option('format', parameters.resultFormat)]),
    ...flag('upsample', parameters.promptUpsampling),
    ...(preset !== undefined || further !== undefined ? [] : [option('window', [x, y, width, height].join(','))]),
    ...(fill.send === 'alpha' ? ['--send=alpha'] : []),
    ...flag('opaque', save.opaque),
    ...flag('no-tone', !save.tone),
    ...flag('no-note', !save.note),
    ...outOf(fill, image),
  ]);
};

const plain = /^[\w@%+=:,./-]+$/;

/** A word as a POSIX shell, or PowerShell, takes it for one. */
const quoted = (word: string, shell: 'posix' | 'powershell'): string => {
  if (plain.test(word) && !(shell === 'powershell' && /[@%,]/.test(word))) return word;
  return shell === 'posix' ? `'${word.replaceAll("'", `'\\''`)}'` : `'${word.replaceAll("'", "''")}'`;
};

export const shellLine = (words: readonly string[], shell: 'posix' | 'powershell'): string =>
  ['flux-fill', ...words].map((word) => quoted(word, shell)).join(' ');
