import { type AccessUnit, AccessUnitAssembler } from './access-unit-assembler.ts';
import { AnnexBSplitter } from './annex-b.ts';

/** The frames of an Annex B byte stream, in decoding order. @throws RangeError when it is not H264 */
export async function* accessUnits(stream: AsyncIterable<Buffer>): AsyncGenerator<AccessUnit> {
  const splitter = new AnnexBSplitter();
  const assembler = new AccessUnitAssembler();
  for await (const chunk of stream) yield* splitter.push(chunk).flatMap((nal) => assembler.push(nal) ?? []);
  yield* splitter.flush().flatMap((nal) => assembler.push(nal) ?? []);
  const last = assembler.flush();
  if (last) yield last;
}
