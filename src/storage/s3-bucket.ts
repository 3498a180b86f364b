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
import { contentTags, MultipartUpload, maxParts, readPart, type UploadProgress } from './multipart-upload.ts';
import { StoreError } from './store-error.ts';

/** The target of uploads, with credentials. */
export interface S3Account {
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface S3Target extends S3Account {
  /** URL of an S3-compatible store; undefined: Amazon S3. */
  readonly endpoint?: string | undefined;
  /** Decides which addresses stores may have: bucket and region come from requests. */
  readonly guard: AddressGuard;
}

/** Opens a bucket in the store of this server. */
export type OpenBucket = (account: S3Account) => S3Bucket;

/** A file that is only appended to. */
export interface GrowingFile {
  readonly path: string;
  readonly key: string;
  readonly contentType?: string;
  /** Whether its first bytes may still change. */
  readonly headLast?: boolean | undefined;
  /** Progress of an earlier attempt. */
  readonly progress?: UploadProgress | undefined;
  /** Called with the progress and awaited before the upload continues; undefined: the upload is void. */
  readonly onProgress?: (progress: UploadProgress | undefined) => Promise<void>;
  readonly signal?: AbortSignal;
}

export interface UploadOptions extends GrowingFile {
  /** Size of the complete file, in bytes. */
  readonly size: number;
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
}

/** Size in bytes below which a file is uploaded with one request. */
const usualPart = 8 * 1024 * 1024;
/** Size of parts of growing files, in bytes: the minimum of S3, as smaller rests may be lost with this host. */
const growingPart = 5 * 1024 * 1024;
/** Timeouts of the store, in ms. */
const connectionTimeout = 5000;
const answerTimeout = 30_000;
/** Error codes after which the uploaded parts cannot be used. */
const voidUpload = new Set(['NoSuchUpload', 'InvalidPart', 'InvalidPartOrder', 'EntityTooSmall']);

/** A bucket in S3 or a compatible store. */
export class S3Bucket {
  readonly #bucket: string;
  readonly #client: S3Client;

  /** @throws Error when no bucket can be reached with these */
  constructor(target: S3Target, timeout = answerTimeout) {
    const { bucket, region, endpoint, guard, accessKeyId, secretAccessKey } = target;
    // The client would say so again and again, only when it is used.
    if (!/^(?!-)[a-z\d-]{1,63}(?<!-)$/i.test(region)) throw new Error('The region of the bucket is not valid.');
    if (!/^(?!\.{1,2}$)[\w.:-]{1,255}$/.test(bucket)) throw new Error('The name of the bucket is not valid.');
    if (!accessKeyId || !secretAccessKey) throw new Error('The credentials of the bucket are incomplete.');
    if (!/^[!-~]{1,1000}$/.test(accessKeyId)) throw new Error('The access key of the bucket is not valid.');
    this.#bucket = bucket;
    this.#client = new S3Client({
      region,
      credentials: { accessKeyId, secretAccessKey },
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
      // The caller retries.
      maxAttempts: 1,
      // Other stores do not support the newer checksums, but all support Content-MD5.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout,
        socketTimeout: timeout,
        ...guardedAgents(guard),
      },
    });
    const { endpointProvider } = this.#client.config;
    endpointProvider({ Bucket: bucket, Region: region, Endpoint: endpoint, ForcePathStyle: endpoint !== undefined });
  }

  /**
   * Uploads a file and verifies the object. Parts that were uploaded before are not uploaded again.
   * @throws Error without secrets, a StoreError if the store responded with an error; the next call continues where this one stopped
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
   * Uploads the complete parts of a growing file; {@link upload} completes it, once its size and checksum are known.
   * @throws as {@link upload}
   */
  async uploadParts(options: GrowingFile): Promise<void> {
    const file = await open(options.path);
    try {
      const { size } = await file.stat();
      // Only synced bytes are uploaded: a power loss could change the rest.
      await file.datasync();
      await this.#inParts(options, growingPart, {}, (parts) => parts.send(file, size, true, options.headLast));
    } finally {
      await file.close();
    }
  }

  /** Aborts uploads that will not be continued, where the store allows it. @param prefix of the keys */
  async removeParts(prefix: string, signal?: AbortSignal): Promise<void> {
    try {
      const list = new ListMultipartUploadsCommand({ Bucket: this.#bucket, Prefix: prefix });
      const { Uploads = [] } = await this.#client.send(list, to(signal));
      for (const { Key, UploadId } of Uploads) {
        await this.#client.send(new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key, UploadId }), to(signal));
      }
    } catch {
      // Many accounts are allowed to write only.
    }
  }

  /** Idempotent. */
  close(): void {
    this.#client.destroy();
  }

  /** For accounts that must not list, stores respond with "forbidden" for missing objects. Only to the upload do they say what is wrong. */
  async #mayHave(options: UploadOptions): Promise<boolean> {
    return await this.#has(options).catch((error: StoreError | Error) => {
      if (error instanceof StoreError && error.isRefusal) return false;
      throw error;
    });
  }

  async #has({ key, size, sha256, progress, path, signal }: UploadOptions): Promise<boolean> {
    try {
      const head = await this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: key }), to(signal));
      if (head.ContentLength !== size) return false;
      if (head.Metadata?.sha256 === sha256) return true;
      // An upload that was started while the file grew has no checksum.
      return progress !== undefined && (await contentTags(path, progress.partSize)).includes(head.ETag ?? '');
    } catch (error) {
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return false;
      throw explained(error);
    }
  }

  async #put(file: FileHandle, { key, size, sha256, contentType, signal }: UploadOptions): Promise<void> {
    const body = await readPart(file, 0, size);
    const object = { Bucket: this.#bucket, Key: key, Metadata: { sha256 }, ContentType: contentType };
    const ContentMD5 = createHash('md5').update(body).digest('base64');
    const input = { ...object, Body: body, ContentLength: body.length, ContentMD5 };
    await this.#client
      .send(new PutObjectCommand(input), to(signal))
      .catch((error: unknown) => Promise.reject(explained(error)));
  }

  async #putParts(file: FileHandle, options: UploadOptions): Promise<void> {
    const { size, sha256 } = options;
    const partSize = Math.max(usualPart, Math.ceil(size / maxParts));
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
    const object = { Bucket: this.#bucket, Key: key, Metadata, ContentType: contentType };
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

/** Size in bytes and hexadecimal SHA-256 of a file. @throws the signal's reason when it is aborted meanwhile */
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

function to(signal: AbortSignal | undefined) {
  return signal ? { abortSignal: signal } : {};
}

function explained(error: unknown): Error {
  const { $response } = error as { readonly $response?: { readonly statusCode?: number } };
  if ($response && !(error instanceof S3ServiceException)) return new StoreError($response.statusCode, 'Unreadable');
  return error instanceof S3ServiceException
    ? new StoreError(error.$metadata.httpStatusCode, error.name)
    : (error as Error);
}
