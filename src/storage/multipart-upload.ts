import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

/** The progress of a multipart upload, with which it can be continued after a restart. */
export interface UploadProgress {
  readonly uploadId: string;
  /** Size of every part but the last, in bytes. */
  readonly partSize: number;
  /** ETags of the uploaded parts, in order. */
  readonly etags: readonly string[];
  /** Whether the first part is missing: it is uploaded last. */
  readonly lacksFirst?: boolean | undefined;
}

export interface MultipartUploadOptions {
  readonly client: S3Client;
  /** Key of the object. */
  readonly object: {
    readonly Bucket: string;
    readonly Key: string;
    readonly Metadata?: Record<string, string>;
    readonly ContentType?: string | undefined;
  };
  /** Part size in bytes; that of {@link progress} takes precedence. */
  readonly partSize: number;
  /** Progress of an earlier attempt. */
  readonly progress?: UploadProgress | undefined;
  /** Called with the progress and awaited before the upload continues; undefined: the upload is void. */
  readonly onProgress?: ((progress: UploadProgress | undefined) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Maximum number of parts of an object in S3. */
export const maxParts = 10_000;

/** A multipart upload of a file. The object exists once it is complete. */
export class MultipartUpload {
  readonly #options: MultipartUploadOptions;
  #progress: UploadProgress | undefined;

  constructor(options: MultipartUploadOptions) {
    this.#options = options;
    this.#progress = options.progress;
  }

  /**
   * Uploads missing parts of the first `size` bytes of a file, which must not change any more.
   * @param open whether more bytes may follow: then only whole parts are uploaded
   * @param withoutFirst whether the first bytes may change until the file is complete: then the first part waits
   */
  async send(file: FileHandle, size: number, open: boolean, withoutFirst = false): Promise<void> {
    const { partSize = this.#options.partSize, etags = [], lacksFirst } = this.#progress ?? {};
    const end = open ? Math.min(Math.floor(size / partSize), maxParts) : Math.ceil(size / partSize);
    const held = this.#progress ? lacksFirst === true : open && withoutFirst;
    const indices = Array.from({ length: end }, (_, index) => index).slice(etags.length + Number(held));
    for (const index of held && !open ? [...indices, 0] : indices) {
      const length = Math.min(partSize, size - index * partSize);
      await this.#sendPart(index, await readPart(file, index * partSize, length));
    }
  }

  /** Completes the upload. */
  async complete(): Promise<void> {
    const { uploadId, etags } = this.#progress ?? (await this.#begin());
    const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
    const { Bucket, Key } = this.#options.object;
    const input = { Bucket, Key, UploadId: uploadId, MultipartUpload: { Parts } };
    await this.#options.client.send(new CompleteMultipartUploadCommand(input), this.#calledOff());
  }

  /** Aborts the upload, where the store allows it; the next one starts again. */
  async abort(): Promise<void> {
    const { client, onProgress, object } = this.#options;
    const uploadId = this.#progress?.uploadId;
    this.#progress = undefined;
    await onProgress?.(undefined);
    if (uploadId === undefined) return;
    const input = { Bucket: object.Bucket, Key: object.Key, UploadId: uploadId };
    await client.send(new AbortMultipartUploadCommand(input), this.#calledOff()).catch(() => undefined);
  }

  async #begin(lacksFirst = false): Promise<UploadProgress> {
    const { client, object, partSize } = this.#options;
    const { UploadId: uploadId } = await client.send(new CreateMultipartUploadCommand(object), this.#calledOff());
    if (uploadId === undefined) throw new Error('The store did not start an upload.');
    return await this.#note({ uploadId, partSize, etags: [], ...(lacksFirst && { lacksFirst }) });
  }

  async #sendPart(index: number, body: Buffer): Promise<void> {
    const { client, object } = this.#options;
    const progress = this.#progress ?? (await this.#begin(index > 0));
    const input = {
      ...{ Bucket: object.Bucket, Key: object.Key, UploadId: progress.uploadId, PartNumber: index + 1 },
      ...{ Body: body, ContentLength: body.length, ContentMD5: createHash('md5').update(body).digest('base64') },
    };
    const { ETag } = await client.send(new UploadPartCommand(input), this.#calledOff());
    if (ETag === undefined) throw new Error('The store did not confirm the part.');
    const { etags, lacksFirst, ...others } = progress;
    await this.#note(index > 0 ? { ...progress, etags: [...etags, ETag] } : { ...others, etags: [ETag, ...etags] });
  }

  async #note(progress: UploadProgress): Promise<UploadProgress> {
    this.#progress = progress;
    await this.#options.onProgress?.(progress);
    return progress;
  }

  #calledOff() {
    const { signal } = this.#options;
    return signal ? { abortSignal: signal } : {};
  }
}

/** Whether the uploaded parts can be the beginning of a file of this size in bytes. */
export function isBeginningOf({ partSize, etags, lacksFirst }: UploadProgress, size: number): boolean {
  return (etags.length + (lacksFirst ? 1 : 0)) * partSize <= size && size <= maxParts * partSize;
}

/**
 * The ETags of an object with the content of a file: that of S3, made of the MD5s of the parts, and that of stores that use the MD5 of the
 * whole. Where a store's ETags are something else, as with encryption by KMS, the object has none of them.
 */
export async function contentTags(path: string, partSize: number): Promise<string[]> {
  const whole = createHash('md5');
  const ofParts = createHash('md5');
  const file = await open(path);
  try {
    const { size } = await file.stat();
    for (let position = 0; position < size; position += partSize) {
      const part = await readPart(file, position, Math.min(partSize, size - position));
      whole.update(part);
      ofParts.update(createHash('md5').update(part).digest());
    }
    return [`"${ofParts.digest('hex')}-${Math.ceil(size / partSize)}"`, `"${whole.digest('hex')}"`];
  } finally {
    await file.close();
  }
}

/** @throws when the file has become shorter */
export async function readPart(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw new Error('The file is shorter than it was when it was finished.');
    done += bytesRead;
  }
  return bytes;
}
