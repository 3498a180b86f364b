import t from 'tap';
import type { LogConfig } from '../../src/config/log.ts';
import { createLogger } from '../../src/log/logger.ts';

function capture(config: LogConfig) {
  const lines: string[] = [];
  return { lines, logger: createLogger(config, { write: (line) => lines.push(line) }) };
}

t.test('a structured line is one JSON object', async (t) => {
  const { lines, logger } = capture({ level: 'debug', structured: true });
  logger.child({ roomId: 'r1' }).warn({ peerId: 'p1', count: 2 }, 'Peer left');
  t.equal(lines.length, 1);
  t.match(lines[0], /^\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","severity":"warning","message":"Peer left",/);
  t.same(JSON.parse(lines[0] ?? '').metadata, { room_id: 'r1', peer_id: 'p1', count: 2 });
  t.match(lines[0], /\n$/);
});

t.test('a plain line has time, fields, level and message', async (t) => {
  const { lines, logger } = capture({ level: 'info', structured: false });
  logger.info({ roomId: 'r1', note: 'two words' }, 'Room created');
  logger.info('Bare');
  logger.info('forged\n17:32:32.448 [info] line');
  t.match(lines[0], /^\d\d:\d\d:\d\d\.\d{3} room_id=r1 note="two words" \[info\] Room created\n$/);
  t.match(lines[1], /^\d\d:\d\d:\d\d\.\d{3} \[info\] Bare\n$/);
  t.equal(lines[2]?.split('\n').length, 2);
});

t.test('an error is logged with its message and stack', async (t) => {
  const plain = capture({ level: 'info', structured: false });
  const structured = capture({ level: 'info', structured: true });
  for (const { logger } of [plain, structured]) logger.error({ err: new Error('it broke') }, 'Worker died');
  t.match(plain.lines[0], /err="it broke" \[error\] Worker died\n {4}Error: it broke\n {4} +at /);
  t.match(JSON.parse(structured.lines[0] ?? ''), {
    severity: 'error',
    metadata: { err: { message: 'it broke', stack: /at / } },
  });
});

t.test('records below the configured level are not written', async (t) => {
  const expected = { debug: 4, info: 3, warning: 2, error: 1 } as const;
  for (const level of ['debug', 'info', 'warning', 'error'] as const) {
    const { lines, logger } = capture({ level, structured: true });
    logger.debug('d');
    logger.info('i');
    logger.warn('w');
    logger.error('e');
    t.equal(lines.length, expected[level], level);
  }
});

t.test('secrets never reach a line, in either form', async (t) => {
  for (const structured of [true, false]) {
    const { lines, logger } = capture({ level: 'info', structured });
    logger.child({ token: 'HIDDEN-1' }).info(
      {
        deep: [{ streamKey: 'HIDDEN-2' }],
        headers: { Authorization: 'Bearer HIDDEN-3' },
        url: 'https://u:HIDDEN-4@host/x',
      },
      'Posting to https://u:HIDDEN-5@host?token=HIDDEN-6 and rtmp://live.example/app/HIDDEN-7',
    );
    logger.error(new Error('refused by rtsp://admin:HIDDEN-8@cam/1'));
    t.notMatch(lines.join(''), /HIDDEN/);
    t.match(lines.join(''), 'host/x');
  }
});
