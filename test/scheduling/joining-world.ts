import jsonwebtoken from 'jsonwebtoken';
import type { Test } from 'tap';
import type { SchedulingConfig } from '../../src/config/scheduling.ts';
import type { Database } from '../../src/database/database.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
import { type RoomLimits, RoomRegistry } from '../../src/room/room-registry.ts';
import { type Admission, AdmissionError, type Prospect, type Visitor } from '../../src/scheduling/admission.ts';
import { Admissions } from '../../src/scheduling/admissions.ts';
import { CallMapper } from '../../src/scheduling/call-mapper.ts';
import { ConferenceRooms } from '../../src/scheduling/conference-rooms.ts';
import { JoinLinks } from '../../src/scheduling/join-links.ts';
import type { TestEngine } from '../database/engines.ts';
import { eventually } from '../eventually.ts';
import { silentLogger } from '../log/silent-logger.ts';
import { RecordedConnection } from '../room/room-world.ts';
import { mediaDouble } from '../sfu/media-double.ts';
import { conferencesIn, createFields } from './conference-database.ts';

/** The first of the servers is this one. */
export const here = 'https://meet.example.org';
const minute = 60_000;

interface JoiningOptions extends Partial<SchedulingConfig> {
  readonly limits?: RoomLimits;
  readonly database?: Database;
}

/** Conferences that people come into, without media, with a clock that the test moves. */
export async function joiningWorld(t: Test, engine: TestEngine, options: JoiningOptions = {}) {
  const { limits, database = await engine.open(), ...values } = options;
  const { trustEmail = true, precreate = false } = values;
  const { conferences, servers, clock } = await conferencesIn(database, values);
  const links = await JoinLinks.open({ database, publicAddress: here });
  const rooms = new RoomRegistry({
    ...{ events: new RoomEvents(), openMedia: async () => mediaDouble(), clock },
    ...(limits && { limits }),
  });
  const shared = { conferences, clock, logger: silentLogger };
  const conferenceRooms = new ConferenceRooms({ ...shared, rooms, precreate, publicAddress: here });
  t.teardown(async () => {
    await conferenceRooms.close();
    await rooms.close();
  });
  const exp = Math.floor(clock.now() / 1000) + 3600;
  const issuePeerToken = (room: string, peer: string) => jsonwebtoken.sign({ room, peer, exp }, 'key');
  const joining = { ...shared, links, rooms: conferenceRooms, issuePeerToken };
  const admissions = new Admissions({ ...joining, trustEmail, webrtcUsed: true });
  const calls = new CallMapper({ ...joining, servers, now: () => clock.now() });

  return {
    ...{ admissions, calls, clock, conferenceRooms, conferences, database, links, rooms },
    /** From 14:30 to 15:15, unless said otherwise, with b@example.org. It is 13:00. */
    async schedule(fields: Partial<typeof createFields> = {}) {
      const uid = await conferences.create('TestApi', { ...createFields, start: '2021-02-02T14:30', ...fields });
      await conferences.addParticipant('TestApi', uid, 'b@example.org');
      const conference = await conferences.find({ uid });
      if (!conference) throw new Error('It was not created.');
      return conference;
    },
    /** @throws when the conference is elsewhere */
    async admit(visitor: Visitor): Promise<Admission> {
      const admitted: Admission | Prospect = await admissions.admit(visitor);
      if (!('token' in admitted)) throw new Error('The conference is elsewhere.');
      return admitted;
    },
    /** The client of somebody who was admitted connects. */
    connect({ conference, peerId }: Admission): RecordedConnection {
      const connection = new RecordedConnection();
      const room = rooms.get(conference.number);
      room.joinPeer(room.connectPeer(peerId, connection), {});
      return connection;
    },
    leave({ conference, peerId }: Admission): void {
      const room = rooms.get(conference.number);
      const peer = room.peers.get(peerId);
      if (peer) room.disconnectPeer(peer);
    },
    /** Minutes pass, one after the other, and each time the rooms are looked at. */
    async pass(minutes: number): Promise<void> {
      for (let passed = 0; passed < minutes; passed += 1) {
        clock.advance(minute);
        await conferenceRooms.settled();
      }
    },
    gone: (number: string) => eventually('the room is deleted', () => rooms.find(number) === undefined),
  };
}

/** Why somebody was not admitted; undefined: they were. */
export async function refusalOf(admission: Promise<unknown>) {
  try {
    await admission;
    return undefined;
  } catch (error) {
    if (error instanceof AdmissionError) return error.refusal;
    throw error;
  }
}
