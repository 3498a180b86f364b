import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { AddressGuard } from '../net/address-guard.ts';
import { guardedAgents } from '../net/guarded-agents.ts';
import type { Resolve } from '../net/guarded-lookup.ts';
import { contentTags, MultipartUpload, mostParts, readPart, type UploadProgress } from './multipart-upload.ts';
import { StoreError } from './store-error.ts';

/** Where to upload, and as whom. */
export interface S3Account {
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface S3Target extends S3Account {
  /** URL of an S3-compatible store; Amazon's when undefined. */
  readonly endpoint?: string | undefined;
  /** Where stores may be: bucket and region come from outside. */
  readonly guard: AddressGuard;
  /** @defaultValue the system's resolver */
  readonly resolve?: Resolve;
}

/** Opens a bucket in the store of this server. */
export type OpenBucket = (account: S3Account) => S3Bucket;

/** A file that only ever grows. */
export interface GrowingFile {
  readonly path: string;
  readonly key: string;
  readonly contentType?: string;
  /** Of an earlier attempt. */
  readonly progress?: UploadProgress | undefined;
  /** Awaited before the upload goes on; undefined: what was there is void. */
  readonly onProgress?: (progress: UploadProgress | undefined) => Promise<void>;
  readonly signal?: AbortSignal;
}

export interface UploadOptions extends GrowingFile {
  /** Of the file as it was finished. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Bytes. What is smaller goes at once. */
const usualPart = 8 * 1024 * 1024;
/** Bytes: what S3 takes at least, since what is less may be lost with this host. */
const growingPart = 5 * 1024 * 1024;
/** Times in ms after which a store that says nothing has failed. */
const connectionTimeout = 5000;
const answerTimeout = 30_000;
/** Answers after which the parts that are there are of no use. */
const voidUpload = new Set(['NoSuchUpload', 'InvalidPart', 'InvalidPartOrder', 'EntityTooSmall']);

/** A bucket in S3 or a store that speaks its protocol. */
export class S3Bucket {
  readonly #bucket: string;
  readonly #client: S3Client;

  constructor(target: S3Target, timeout = answerTimeout) {
    const { bucket, region, endpoint, guard, resolve, accessKeyId, secretAccessKey } = target;
    this.#bucket = bucket;
    this.#client = new S3Client({
      region,
      credentials: { accessKeyId, secretAccessKey },
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
      // The caller repeats, and knows for how long.
      maxAttempts: 1,
      // Other stores do not know the newer checksums; Content-MD5 they all do.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout,
        socketTimeout: timeout,
        ...guardedAgents(guard, resolve),
      },
    });
  }

  /**
   * Uploads a file and makes sure that it is there. What was uploaded before is not uploaded again.
   * @throws Error that says why, without secrets, a StoreError if the store said so; the next call goes on where this one stopped
   */
  async upload(options: UploadOptions): Promise<void> {
    if (await this.#mayHave(options)) return;
    const file = await open(options.path);
    try {
      if (options.size <= usualPart && !options.progress) await this.#put(file, options);
      else await this.#putParts(file, options);
    } finally {
      await file.close();
    }
    if (await this.#has(options)) return;
    await options.onProgress?.(undefined);
    throw new Error('The store does not hold what was uploaded.');
  }

  /**
   * Sends the parts of a file that are whole by now; {@link upload} completes it, once its length and checksum are known.
   * @throws as that does
   */
  async uploadParts(options: GrowingFile): Promise<void> {
    const file = await open(options.path);
    try {
      const { size } = await file.stat();
      // What a loss of power takes back is not sent.
      await file.datasync();
      await this.#inParts(options, growingPart, {}, (parts) => parts.send(file, size, true));
    } finally {
      await file.close();
    }
  }

  /** Removes parts of uploads that nobody goes on with, where the store lets us. @param prefix of the keys */
  async removeParts(prefix: string, signal?: AbortSignal): Promise<void> {
    try {
      const list = new ListMultipartUploadsCommand({ Bucket: this.#bucket, Prefix: prefix });
      const { Uploads = [] } = await this.#client.send(list, to(signal));
      for (const { Key, UploadId } of Uploads) {
        await this.#client.send(new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key, UploadId }), to(signal));
      }
    } catch {
      // Many accounts may do no more than write.
    }
  }

  /** Idempotent. */
  close(): void {
    this.#client.destroy();
  }

  /** Stores say "forbidden" of what is not there to those who may not list. */
  async #mayHave(options: UploadOptions): Promise<boolean> {
    return await this.#has(options).catch((error: StoreError | Error) => {
      if (error instanceof StoreError && error.status === 403) return false;
      throw error;
    });
  }

  async #has({ key, size, sha256, progress, path, signal }: UploadOptions): Promise<boolean> {
    try {
      const head = await this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: key }), to(signal));
      if (head.ContentLength !== size) return false;
      if (head.Metadata?.sha256 === sha256) return true;
      // What was begun while the file grew could not say its checksum.
      return progress !== undefined && (await contentTags(path, progress.partSize)).includes(head.ETag ?? '');
    } catch (error) {
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return false;
      throw explained(error);
    }
  }

  async #put(file: FileHandle, { key, size, sha256, contentType, signal }: UploadOptions): Promise<void> {
    const body = await readPart(file, 0, size);
    const object = { Bucket: this.#bucket, Key: key, Metadata: { sha256 }, ...typed(contentType) };
    const ContentMD5 = createHash('md5').update(body).digest('base64');
    const input = { ...object, Body: body, ContentLength: body.length, ContentMD5 };
    await this.#client.send(new PutObjectCommand(input), to(signal)).catch(rethrow);
  }

  async #putParts(file: FileHandle, options: UploadOptions): Promise<void> {
    const { size, sha256 } = options;
    const partSize = Math.max(usualPart, Math.ceil(size / mostParts));
    await this.#inParts(options, partSize, { sha256 }, async (parts) => {
      await parts.send(file, size, false);
      await parts.complete();
    });
  }

  async #inParts(
    { key, contentType, progress, onProgress, signal }: GrowingFile,
    partSize: number,
    Metadata: Record<string, string>,
    action: (parts: MultipartUpload) => Promise<void>,
  ): Promise<void> {
    const object = { Bucket: this.#bucket, Key: key, Metadata, ...typed(contentType) };
    const parts = new MultipartUpload({ client: this.#client, object, partSize, progress, onProgress, signal });
    try {
      await action(parts);
    } catch (error) {
      const isVoid = error instanceof S3ServiceException && voidUpload.has(error.name);
      if (isVoid || !onProgress) await parts.abort();
      throw explained(error);
    }
  }
}

/** Length in bytes and hexadecimal SHA-256 of a file. @throws the signal's reason when it is aborted meanwhile */
export async function fingerprint(path: string, signal?: AbortSignal): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  const file = await open(path);
  for await (const chunk of file.createReadStream()) {
    signal?.throwIfAborted();
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return { size, sha256: hash.digest('hex') };
}

function typed(contentType: string | undefined) {
  return contentType === undefined ? {} : { ContentType: contentType };
}

function to(signal: AbortSignal | undefined) {
  return signal ? { abortSignal: signal } : {};
}

function rethrow(error: unknown): never {
  throw explained(error);
}

function explained(error: unknown): Error {
  const { $response } = error as { readonly $response?: { readonly statusCode?: number } };
  if ($response && !(error instanceof S3ServiceException)) return new StoreError($response.statusCode, 'Unreadable');
  return error instanceof S3ServiceException
    ? new StoreError(error.$metadata.httpStatusCode, error.name)
    : (error as Error);
}
