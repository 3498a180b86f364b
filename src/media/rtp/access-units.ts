import { type AccessUnit, AccessUnitAssembler } from './access-unit-assembler.ts';
import { AnnexBSplitter } from './annex-b.ts';

/** The frames of an Annex B byte stream, in decoding order. @throws RangeError when it is not H264 */
export async function* accessUnits(stream: AsyncIterable<Buffer>): AsyncGenerator<AccessUnit> {
  const splitter = new AnnexBSplitter();
  const assembler = new AccessUnitAssembler();
  for await (const chunk of stream) {
    for (const nal of splitter.push(chunk)) {
      const unit = assembler.push(nal);
      if (unit) yield unit;
    }
  }
  for (const nal of splitter.flush()) {
    const unit = assembler.push(nal);
    if (unit) yield unit;
  }
  const last = assembler.flush();
  if (last) yield last;
}
