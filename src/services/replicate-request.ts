/** What is sent to flux-fill-pro. Source: seeds/replicate-compatible-flux-fill-pro.md; the seed: facts/providers.md 3.1. */
import type { OutpaintPreset } from '../fill/outpaint.ts';
import type { ResultFormat } from '../fill/parameters.ts';
import type { Abilities, ServiceRequest } from '../fill/service.ts';

export const model = 'black-forest-labs/flux-fill-pro';

const presetNames: Readonly<Record<OutpaintPreset, string>> = {
  'zoom-out-1.5x': 'Zoom out 1.5x',
  'zoom-out-2x': 'Zoom out 2x',
  'make-square': 'Make square',
  left: 'Left outpaint',
  right: 'Right outpaint',
  top: 'Top outpaint',
  bottom: 'Bottom outpaint',
};

const formatNames: Readonly<Partial<Record<ResultFormat, string>>> = { png: 'png', jpeg: 'jpg' };

/** The body of a submit; `image` and `mask` are data URIs or addresses of uploaded files. */
export const bodyOf = (
  { parameters, preset }: ServiceRequest,
  pictures: { readonly image: string; readonly mask?: string },
  { safetyTolerance, resultFormats }: Abilities,
): string => {
  const asked = resultFormats.includes(parameters.resultFormat) ? parameters.resultFormat : resultFormats[0];
  return JSON.stringify({
    input: {
      ...pictures,
      prompt: parameters.prompt,
      steps: parameters.steps,
      guidance: parameters.guidance,
      ...(parameters.seed === null ? {} : { seed: parameters.seed }),
      outpaint: preset === undefined ? 'None' : presetNames[preset],
      output_format: formatNames[asked],
      // BFL's 0, the strictest, is 1 here.
      safety_tolerance: Math.max(safetyTolerance?.min ?? 0, parameters.safetyTolerance),
      prompt_upsampling: parameters.promptUpsampling,
    },
  });
};

export interface Multipart {
  readonly contentType: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

/**
 * A PNG as the body of an upload (multipart/form-data, RFC 7578): `content` with its name and type, and empty `metadata`.
 * The boundary is random, so that no image can hold it.
 */
export const multipartOf = (name: string, png: Uint8Array): Multipart => {
  const boundary = `flux-fill-${crypto.randomUUID()}`;
  const part = (disposition: string, type: string): string =>
    `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\ncontent-type: ${type}\r\n\r\n`;
  const body = Buffer.concat([
    Buffer.from(part(`name="content"; filename="${name}"`, 'image/png')),
    png,
    Buffer.from(`\r\n${part('name="metadata"', 'application/json')}{}\r\n--${boundary}--\r\n`),
  ]);
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: new Uint8Array(body) };
};
