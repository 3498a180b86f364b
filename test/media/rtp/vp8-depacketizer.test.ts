import t from 'tap';
import { readVp8Payload } from '../../../src/media/rtp/vp8-depacketizer.ts';

const [keyByte, interByte] = [0x10, 0x11];

t.test('the payload descriptor is removed, whatever its length', async (t) => {
  const descriptors: [name: string, bytes: number[]][] = [
    ['shortest', [0x10]],
    ['no extension is present', [0x90, 0x00]],
    ['picture id of 7 bits', [0x90, 0x80, 0x11]],
    ['picture id of 15 bits', [0x90, 0x80, 0x91, 0x22]],
    ['level', [0x90, 0x40, 0x33]],
    ['layer', [0x90, 0x20, 0x44]],
    ['key index', [0x90, 0x10, 0x55]],
    ['all', [0x90, 0xf0, 0x91, 0x22, 0x33, 0x44]],
  ];
  for (const [name, bytes] of descriptors) {
    const fragment = readVp8Payload(Buffer.from([...bytes, keyByte, 1, 2]));
    t.same(fragment, { first: true, key: true, data: Buffer.from([keyByte, 1, 2]) }, name);
  }
});

t.test('only the first packet of a keyframe starts one', async (t) => {
  t.match(readVp8Payload(Buffer.from([0x10, interByte])), { first: true, key: false });
  t.match(readVp8Payload(Buffer.from([0x00, keyByte])), { first: false, key: false }, 'in the middle of a partition');
  t.match(readVp8Payload(Buffer.from([0x11, keyByte])), { first: false, key: false }, 'of another partition');
});

t.test('payloads that are too short are empty', async (t) => {
  for (const bytes of [[], [0x10], [0x90], [0x90, 0x80], [0x90, 0x80, 0x11], [0x90, 0xf0, 0x91, 0x22, 0x33, 0x44]]) {
    t.equal(readVp8Payload(Buffer.from(bytes)), undefined, `${bytes}`);
  }
});
