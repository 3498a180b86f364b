import { type AccessUnit, AccessUnitAssembler } from '../../../src/media/rtp/access-unit-assembler.ts';
import { AnnexBSplitter } from '../../../src/media/rtp/annex-b.ts';
import { h264Pattern } from '../../recorded-media.ts';

export interface OrderedFrame {
  readonly unit: AccessUnit;
  /** In the order of showing, from 0. */
  readonly place: number;
}

/** Pictures with two B pictures between the others, in the order of decoding. @param coding what the encoder is told beside that */
export async function bFrames(count: number, coding: readonly string[] = ['-g', '300']): Promise<OrderedFrame[]> {
  const extra = ['-bf', '2', '-b_strategy', '0', '-sc_threshold', '0', ...coding];
  const stream = await h264Pattern(count, { extra });
  const splitter = new AnnexBSplitter();
  const assembler = new AccessUnitAssembler();
  const nals = [...splitter.push(stream), ...splitter.flush()];
  const units = [...nals.map((nal) => assembler.push(nal)), assembler.flush()].filter((unit) => unit !== undefined);
  const order = shown(units);
  return units.map((unit, index) => ({ unit, place: order.indexOf(index) }));
}

/** All but B pictures wait until those that were sent behind them have been shown. @returns indexes */
function shown(units: readonly AccessUnit[]): number[] {
  const order: number[] = [];
  let waiting: number | undefined;
  for (const [index, { bidirectional }] of units.entries()) {
    if (!bidirectional && waiting !== undefined) order.push(waiting);
    if (bidirectional) order.push(index);
    else waiting = index;
  }
  return waiting === undefined ? order : [...order, waiting];
}
