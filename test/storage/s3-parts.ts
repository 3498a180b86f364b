import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a test needs of a Koa context. */
export interface S3Context {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  status: number;
  body: unknown;
}

/** What ETags of objects made of parts are: as of S3, MD5s of the whole, or something else, as with encryption. */
export type ObjectTags = 's3' | 'whole' | 'opaque';

/** What S3 does with uploads in parts and the store of the tests does not: it lists and removes them, and knows which there are not. */
export class S3Parts {
  readonly #folder: string;
  readonly #bucket: string;
  tags: ObjectTags = 's3';
  /** Bytes after which objects end although the answer says that all is well. */
  cut: number | undefined;
  /** Whether, as in S3, those who ask for what is not there are forbidden to. */
  forbidsLooking = false;

  /** @param folder of the bucket */
  constructor(folder: string, bucket: string) {
    this.#folder = folder;
    this.#bucket = bucket;
  }

  /** For Koa, before everything else. */
  readonly middleware = async (context: S3Context, next: () => Promise<void>): Promise<void> => {
    const { method, query } = context;
    if (this.forbidsLooking && query.uploads !== undefined) {
      context.status = 403;
      return;
    }
    if (query.uploads !== undefined && method === 'GET') return await this.#list(context);
    if (query.uploadId !== undefined) return await this.#use(context, query.uploadId, next);
    await next().catch((error: { readonly status?: number }) => {
      if (!this.forbidsLooking || method !== 'HEAD' || error.status !== 404) throw error;
      context.status = 403;
    });
    if (method === 'PUT' && context.status === 200) await this.#shorten(context);
  };

  /** Sizes of the parts of uploads that are not complete, by key. */
  async pending(): Promise<Record<string, number>> {
    const parts = async (id: string) => (await readdir(this.#upload(id))).filter((name) => /^\d+$/.test(name)).length;
    const entries = (await this.#ids()).map(async (id) => [await this.#key(id), await parts(id)] as const);
    return Object.fromEntries(await Promise.all(entries));
  }

  async #use(context: S3Context, id: string, next: () => Promise<void>): Promise<void> {
    if (!(await this.#ids()).includes(id)) {
      context.status = 404;
      context.body = '<?xml version="1.0"?><Error><Code>NoSuchUpload</Code></Error>';
    } else if (context.method === 'DELETE') {
      await rm(this.#upload(id), { recursive: true });
      context.status = 204;
    } else if (context.method === 'POST') {
      const tag = await this.#tag(id);
      await next();
      if (tag !== undefined) await writeFile(`${this.#object(context)}.md5`, tag);
      await this.#shorten(context);
    } else await next();
  }

  async #list(context: S3Context): Promise<void> {
    const found = await Promise.all((await this.#ids()).map(async (id) => ({ id, key: await this.#key(id) })));
    const uploads = found.filter(({ key }) => key.startsWith(context.query.prefix ?? ''));
    const entries = uploads.map(({ id, key }) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`);
    const head = `<Bucket>${this.#bucket}</Bucket><IsTruncated>false</IsTruncated>`;
    context.body = `<ListMultipartUploadsResult>${head}${entries.join('')}</ListMultipartUploadsResult>`;
  }

  async #tag(id: string): Promise<string | undefined> {
    if (this.tags === 'whole') return undefined;
    if (this.tags === 'opaque') return randomBytes(16).toString('hex');
    const names = (await readdir(this.#upload(id))).filter((name) => name.endsWith('.md5'));
    const hash = createHash('md5');
    for (const name of names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)))
      hash.update(Buffer.from(await readFile(join(this.#upload(id), name), 'utf8'), 'hex'));
    return `${hash.digest('hex')}-${names.length}`;
  }

  async #shorten(context: S3Context): Promise<void> {
    if (this.cut !== undefined) await truncate(this.#object(context), this.cut);
  }

  #object({ path }: S3Context): string {
    return join(this.#folder, `${decodeURIComponent(path).split('/').slice(2).join('/')}._S3rver_object`);
  }

  async #ids(): Promise<string[]> {
    return await readdir(join(this.#folder, '._S3rver_uploads')).catch(() => []);
  }

  async #key(id: string): Promise<string> {
    return await readFile(join(this.#upload(id), 'key'), 'utf8');
  }

  #upload(id: string): string {
    return join(this.#folder, '._S3rver_uploads', id);
  }
}
