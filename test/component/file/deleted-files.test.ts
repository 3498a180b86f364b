import { once } from 'node:events';
import t from 'tap';
import { commandOutput } from '../../command-output.ts';
import { FileRoom } from './played-file.ts';
import { SampleMedia } from './sample-media.ts';

const media = await SampleMedia.open(t);

t.test('a component that is deleted while ffmpeg reads its file closes it and ends ffmpeg', async (t) => {
  const video = ['-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=15:d=10', '-c:v', 'mpeg4'];
  const tone = ['-f', 'lavfi', '-i', 'sine=d=10'];
  await media.other('long.mp4', [...tone, ...video, '-c:a', 'libmp3lame']);
  await media.other('long.ogg', [...tone, '-c:a', 'libvorbis']);
  for (const name of ['long.mp4', 'long.ogg']) {
    const room = await FileRoom.open(t, media);
    const component = await room.play(name);
    const tap = await room.world.tap();
    const arrived = once(tap.observer, 'packet');
    await tap.resume();
    room.goOn();
    await arrived;
    await room.world.room.removeComponent(component.id);
    const files = await commandOutput('ls', ['-l', `/proc/${process.pid}/fd`]);
    t.notMatch(files.stdout, name);
    const children = await commandOutput('ps', ['--ppid', String(process.pid), '-o', 'comm=']);
    t.notMatch(children.stdout, 'ffmpeg', name);
  }
});
