/** Replicate's files API: what was uploaded, for an hour. */
import { createHash, randomBytes } from 'node:crypto';
import { problem } from './replicate-schema.ts';

const life = 3_600_000;
const largest = 100 * 1024 * 1024;

export interface StoredFile {
  readonly id: string;
  readonly bytes: Buffer;
  readonly type: string;
  readonly name: string;
  readonly metadata: unknown;
  readonly createdAt: number;
}

export type Uploaded = StoredFile | { readonly status: number; readonly problem: object };

const refused = (status: number, detail: string): Uploaded => ({
  status,
  problem: problem(status, status === 413 ? 'Content Too Large' : 'Invalid file', detail),
});

/** Reads the body of an upload: `content` with a file name of at most 255 bytes, `metadata` as JSON. */
export const upload = async (body: Buffer, contentType: string, now: number): Promise<Uploaded> => {
  if (!/^multipart\/form-data; *boundary=/i.test(contentType)) return refused(422, 'Expected multipart/form-data');
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } })
    .formData()
    .catch(() => undefined);
  if (form === undefined) return refused(422, 'The multipart body cannot be read');
  const content = form.get('content');
  if (!(content instanceof File)) return refused(422, 'content is required, with a file name');
  if (content.name === '' || Buffer.byteLength(content.name) > 255) return refused(422, 'filename is required');
  const extra = [...form.keys()].filter((name) => !['content', 'metadata', 'type', 'filename'].includes(name));
  if (extra.length > 0) return refused(422, `unknown parts: ${extra.join(', ')}`);
  const given = form.get('metadata');
  let metadata: unknown;
  try {
    metadata = JSON.parse(given instanceof File ? await given.text() : (given ?? '{}'));
  } catch {
    return refused(422, 'metadata must be JSON');
  }
  const bytes = Buffer.from(await content.arrayBuffer());
  if (bytes.length > largest) return refused(413, 'Files must be less than 100MB in size');
  const id = randomBytes(16).toString('hex');
  return {
    id,
    bytes,
    type: content.type || 'application/octet-stream',
    name: content.name,
    metadata,
    createdAt: now,
  };
};

/** A file as the API tells it. */
export const fileAnswer = (file: StoredFile, base: string): object => ({
  id: file.id,
  name: file.name,
  content_type: file.type,
  size: file.bytes.length,
  etag: file.id,
  checksums: { sha256: createHash('sha256').update(file.bytes).digest('hex') },
  metadata: file.metadata,
  created_at: new Date(file.createdAt).toISOString(),
  expires_at: new Date(file.createdAt + life).toISOString(),
  urls: { get: `${base}/v1/files/${file.id}` },
});

export const isExpired = (file: StoredFile, now: number): boolean => now - file.createdAt > life;
