import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { zoneOffset } from '../../src/scheduling/local-time.ts';
import { zoneAbbreviation } from '../../src/scheduling/zone-abbreviations.ts';

const folder = '/usr/share/zoneinfo';

interface SystemTime {
  /** In minutes. */
  readonly offset: number;
  readonly abbreviation: string;
}

/** What a file of the tz database (RFC 8536) says of a moment, in seconds. */
function systemTime(file: Buffer, moment: number): SystemTime {
  const counts = (at: number) => [20, 24, 28, 32, 36, 40].map((offset) => file.readUInt32BE(at + offset));
  const [utc = 0, standard = 0, leap = 0, times = 0, types = 0, letters = 0] = counts(0);
  // The second part has 64 bits for each time.
  const second = 44 + times * 5 + types * 6 + letters + leap * 8 + standard + utc;
  const [, , , count = 0, typeCount = 0] = counts(second);
  const start = second + 44;
  const kinds = start + count * 8;
  const types64 = kinds + count;
  const text = types64 + typeCount * 6;
  let kind = 0;
  for (let index = 0; index < count && Number(file.readBigInt64BE(start + index * 8)) <= moment; index += 1) {
    kind = file.readUInt8(kinds + index);
  }
  const entry = types64 + kind * 6;
  const from = text + file.readUInt8(entry + 5);
  return {
    offset: file.readInt32BE(entry) / 60,
    abbreviation: file.toString('latin1', from, file.indexOf(0, from)),
  };
}

t.test('abbreviations are those of the tz database', { skip: !existsSync(`${folder}/Europe/Berlin`) }, async (t) => {
  // Some files have no times after 2037, some none after the last change of their rules: these have.
  const moments = ['2023-01-15', '2023-07-15', '2024-01-15', '2024-07-15'].map((day) => Date.parse(day));
  const wrong: string[] = [];
  let compared = 0;
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    if (!existsSync(`${folder}/${zone}`)) continue;
    const file = readFileSync(`${folder}/${zone}`);
    for (const moment of moments) {
      const offset = zoneOffset(zone, moment) / 60_000;
      const system = systemTime(file, moment / 1000);
      // A slim file leaves later times to a rule.
      if (system.offset !== offset) continue;
      compared += 1;
      const abbreviation = zoneAbbreviation(zone, offset);
      if (abbreviation !== system.abbreviation) wrong.push(`${zone}: ${abbreviation}, not ${system.abbreviation}`);
    }
  }
  t.strictSame(wrong, []);
  t.ok(compared > 800, `${compared} were compared`);
});

t.test('zones without letters have numbers', async (t) => {
  t.equal(zoneAbbreviation('Asia/Kathmandu', 345), '+0545');
  t.equal(zoneAbbreviation('America/Sao_Paulo', -180), '-03');
  t.equal(zoneAbbreviation('Pacific/Marquesas', -570), '-0930');
  t.equal(zoneAbbreviation('Nowhere/Known', 0), '+00');
});
