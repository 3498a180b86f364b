import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

/** How far a multipart upload has come: enough to go on with it after a restart. */
export interface UploadProgress {
  readonly uploadId: string;
  /** Bytes of every part but the last. */
  readonly partSize: number;
  /** ETags of the parts that are there, in order. */
  readonly etags: readonly string[];
}

export interface MultipartUploadOptions {
  readonly client: S3Client;
  /** What it becomes. */
  readonly object: {
    readonly Bucket: string;
    readonly Key: string;
    readonly Metadata?: Record<string, string>;
    readonly ContentType?: string;
  };
  /** Bytes; that of {@link progress} comes first. */
  readonly partSize: number;
  /** Of an earlier attempt. */
  readonly progress?: UploadProgress | undefined;
  /** Awaited before the upload goes on; undefined: what was there is void. */
  readonly onProgress?: ((progress: UploadProgress | undefined) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** S3 takes no more parts of one object. */
export const mostParts = 10_000;

/** A file on its way into a bucket in parts: there when all of it is, or not at all. */
export class MultipartUpload {
  readonly #options: MultipartUploadOptions;
  #progress: UploadProgress | undefined;

  constructor(options: MultipartUploadOptions) {
    this.#options = options;
    this.#progress = options.progress;
  }

  /**
   * Sends what is not there yet of the first `size` bytes of a file, which never change again.
   * @param open whether more bytes may follow: then only whole parts go
   */
  async send(file: FileHandle, size: number, open: boolean): Promise<void> {
    const { partSize = this.#options.partSize, etags = [] } = this.#progress ?? {};
    const end = open ? Math.min(Math.floor(size / partSize), mostParts) : Math.ceil(size / partSize);
    for (let index = etags.length; index < end; index += 1) {
      const length = Math.min(partSize, size - index * partSize);
      await this.#sendPart(index, await readPart(file, index * partSize, length));
    }
  }

  /** Makes an object of the parts. */
  async complete(): Promise<void> {
    const { uploadId, etags } = this.#progress ?? (await this.#begin());
    const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
    const { Bucket, Key } = this.#options.object;
    const input = { Bucket, Key, UploadId: uploadId, MultipartUpload: { Parts } };
    await this.#options.client.send(new CompleteMultipartUploadCommand(input), this.#calledOff());
  }

  /** Removes the parts, where the store lets us; the next one begins anew. */
  async abort(): Promise<void> {
    const { client, onProgress, object } = this.#options;
    const uploadId = this.#progress?.uploadId;
    this.#progress = undefined;
    await onProgress?.(undefined);
    if (uploadId === undefined) return;
    const input = { Bucket: object.Bucket, Key: object.Key, UploadId: uploadId };
    await client.send(new AbortMultipartUploadCommand(input), this.#calledOff()).catch(() => undefined);
  }

  async #begin(): Promise<UploadProgress> {
    const { client, object, partSize } = this.#options;
    const { UploadId: uploadId } = await client.send(new CreateMultipartUploadCommand(object), this.#calledOff());
    if (uploadId === undefined) throw new Error('The store began no upload.');
    return await this.#note({ uploadId, partSize, etags: [] });
  }

  async #sendPart(index: number, body: Buffer): Promise<void> {
    const { client, object } = this.#options;
    const progress = this.#progress ?? (await this.#begin());
    const input = {
      ...{ Bucket: object.Bucket, Key: object.Key, UploadId: progress.uploadId, PartNumber: index + 1 },
      ...{ Body: body, ContentLength: body.length, ContentMD5: createHash('md5').update(body).digest('base64') },
    };
    const { ETag } = await client.send(new UploadPartCommand(input), this.#calledOff());
    if (ETag === undefined) throw new Error('The store did not say that it has the part.');
    await this.#note({ ...progress, etags: [...progress.etags, ETag] });
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

/** Whether the parts that were sent while a file grew can be the beginning of it, now that it has this length in bytes. */
export function isBeginningOf({ partSize, etags }: UploadProgress, size: number): boolean {
  return etags.length * partSize <= size && size <= mostParts * partSize;
}

/**
 * The ETags that say that an object has the bytes of a file: S3's, made of the MD5s of the parts, and that of stores that make one of the
 * whole. Where a store's ETags are something else, as with encryption by KMS, none of them is the object's.
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

/** @throws when the file is shorter than it was */
export async function readPart(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw new Error('The file is shorter than it was when it was finished.');
    done += bytesRead;
  }
  return bytes;
}
