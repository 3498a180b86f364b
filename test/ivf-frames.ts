import { type IvfFormat, ivfFrame, ivfHeader } from '../src/media/ivf.ts';

/** Writes frames as an IVF stream. The header comes with the first frame. */
export async function* ivfFrames<Frame extends { readonly data: Buffer }>(
  frames: AsyncIterable<Frame>,
  format: IvfFormat,
): AsyncGenerator<Frame> {
  let header = ivfHeader(format);
  let index = 0;
  for await (const frame of frames) {
    yield { ...frame, data: Buffer.concat([header, ivfFrame(frame.data, index)]) };
    header = Buffer.alloc(0);
    index += 1;
  }
}
