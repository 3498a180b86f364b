import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { AddressGuard } from '../net/address-guard.ts';
import { guardedAgents } from '../net/guarded-agents.ts';
import type { Resolve } from '../net/guarded-lookup.ts';
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

/** How far a multipart upload has come: enough to go on with it after a restart. */
export interface UploadProgress {
  readonly uploadId: string;
  /** Bytes of every part but the last. */
  readonly partSize: number;
  /** ETags of the parts that are there, in order. */
  readonly etags: readonly string[];
}

export interface UploadOptions {
  readonly path: string;
  readonly key: string;
  /** Of the file as it was finished. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly contentType?: string;
  /** Of an earlier attempt. */
  readonly progress?: UploadProgress | undefined;
  /** Awaited before the upload goes on; undefined: what was there is void. */
  readonly onProgress?: (progress: UploadProgress | undefined) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Bytes; S3 takes 5 MiB at least and 10,000 parts at most. */
const leastPart = 8 * 1024 * 1024;
const mostParts = 10_000;
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
        requestTimeout: timeout,
        socketTimeout: timeout,
        throwOnRequestTimeout: true,
        ...guardedAgents(guard, resolve),
      },
    });
  }

  /**
   * Uploads a file and makes sure that it is there. What was uploaded before is not uploaded again.
   * @throws Error that says why, without secrets, a StoreError if the store said so; the next call goes on where this one stopped
   */
  async upload(options: UploadOptions): Promise<void> {
    if (await this.#has(options)) return;
    const file = await open(options.path);
    try {
      if (options.size <= leastPart) await this.#put(file, options);
      else await this.#putParts(file, options);
    } finally {
      await file.close();
    }
    if (!(await this.#has(options))) throw new Error('The store does not hold what was uploaded.');
  }

  /** Idempotent. */
  close(): void {
    this.#client.destroy();
  }

  async #has({ key, size, sha256, signal }: UploadOptions): Promise<boolean> {
    try {
      const head = await this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: key }), to(signal));
      return head.ContentLength === size && head.Metadata?.sha256 === sha256;
    } catch (error) {
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return false;
      throw explained(error);
    }
  }

  async #put(file: FileHandle, options: UploadOptions): Promise<void> {
    const body = await readPart(file, 0, options.size);
    const input = { ...this.#object(options), Body: body, ContentLength: body.length, ContentMD5: md5(body) };
    await this.#client.send(new PutObjectCommand(input), to(options.signal)).catch(rethrow);
  }

  async #putParts(file: FileHandle, options: UploadOptions): Promise<void> {
    let sent = false;
    try {
      const progress = await this.#sendParts(file, options, options.progress ?? (await this.#begin(options)));
      sent = true;
      const { uploadId: UploadId, etags } = progress;
      const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
      const input = { Bucket: this.#bucket, Key: options.key, UploadId, MultipartUpload: { Parts } };
      await this.#client.send(new CompleteMultipartUploadCommand(input), to(options.signal));
    } catch (error) {
      // A store that does not want the whole will not want it the next time.
      if (error instanceof S3ServiceException && (sent || voidUpload.has(error.name))) {
        await options.onProgress?.(undefined);
      }
      throw explained(error);
    }
    await options.onProgress?.(undefined);
  }

  async #begin(options: UploadOptions): Promise<UploadProgress> {
    const { UploadId } = await this.#client.send(
      new CreateMultipartUploadCommand(this.#object(options)),
      to(options.signal),
    );
    if (UploadId === undefined) throw new Error('The store began no upload.');
    const partSize = Math.max(leastPart, Math.ceil(options.size / mostParts));
    const progress = { uploadId: UploadId, partSize, etags: [] };
    await options.onProgress?.(progress);
    return progress;
  }

  async #sendParts(file: FileHandle, options: UploadOptions, begun: UploadProgress): Promise<UploadProgress> {
    let progress = begun;
    const { uploadId: UploadId, partSize } = begun;
    for (let index = begun.etags.length; index * partSize < options.size; index += 1) {
      const length = Math.min(partSize, options.size - index * partSize);
      const body = await readPart(file, index * partSize, length);
      const part = { Bucket: this.#bucket, Key: options.key, UploadId, PartNumber: index + 1 };
      const { ETag } = await this.#client.send(
        new UploadPartCommand({ ...part, Body: body, ContentLength: length, ContentMD5: md5(body) }),
        to(options.signal),
      );
      if (ETag === undefined) throw new Error('The store did not say that it has the part.');
      progress = { ...progress, etags: [...progress.etags, ETag] };
      await options.onProgress?.(progress);
    }
    return progress;
  }

  #object({ key, sha256, contentType }: UploadOptions) {
    const type = contentType === undefined ? {} : { ContentType: contentType };
    return { Bucket: this.#bucket, Key: key, Metadata: { sha256 }, ...type };
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

/** @throws when the file is shorter than it was */
async function readPart(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw new Error('The file is shorter than it was when it was finished.');
    done += bytesRead;
  }
  return bytes;
}

function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('base64');
}

function to(signal: AbortSignal | undefined) {
  return signal ? { abortSignal: signal } : {};
}

function rethrow(error: unknown): never {
  throw explained(error);
}

function explained(error: unknown): Error {
  return error instanceof S3ServiceException
    ? new StoreError(error.$metadata.httpStatusCode, error.name)
    : (error as Error);
}
