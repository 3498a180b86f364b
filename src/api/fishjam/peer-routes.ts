import { z } from 'zod';
import { castOption, flag } from '../../component/option-cast.ts';
import { ShoalError } from '../../error/shoal-error.ts';
import { emptyReply, errorReply, jsonReply } from '../reply.ts';
import { checkedLater, type RouteGroup } from '../route-group.ts';
import type { FishjamContext } from './fishjam-context.ts';
import { PeerSchema, PeerType, peerJson } from './peer-json.ts';

const PeerOptionsWebRTC = z
  .object({ enableSimulcast: flag().prefault(true).describe('Enables the peer to use simulcast') })
  .meta({ id: 'PeerOptionsWebRTC', description: 'Options specific to the WebRTC peer' });

const PeerOptions = z
  .xor([PeerOptionsWebRTC])
  .meta({ id: 'PeerOptions', description: 'Peer-specific options', type: 'object' });

const AuthToken = z.string().meta({
  id: 'AuthToken',
  description: 'Token for authorizing websocket connection; valid for 24 hours',
});

const WebsocketURL = z.string().meta({
  id: 'WebsocketURL',
  description: 'Websocket URL to which peer has to connect, without a scheme',
  example: 'www.fishjam.org/socket/peer/websocket',
});

const PeerDetailsResponse = z
  .object({ data: z.object({ peer: PeerSchema, token: AuthToken, peer_websocket_url: WebsocketURL }) })
  .meta({ id: 'PeerDetailsResponse', description: 'Response containing peer details and their token' });

const room_id = z.string().describe('Room ID');
const tags = ['room'];

/** docs/contracts/fishjam-rest.md 5. */
export const peerRoutes: RouteGroup<FishjamContext> = (context) => async (app) => {
  const { rooms, host, webrtcUsed, issuePeerToken } = context;

  app.route({
    method: 'POST',
    url: '/room/:room_id/peer',
    schema: {
      operationId: 'add_peer',
      summary: 'Create peer',
      tags,
      params: z.object({ room_id }),
      body: z.object({ options: checkedLater(PeerOptions).optional(), type: PeerType }).describe('Peer specification'),
      response: {
        201: jsonReply(PeerDetailsResponse, 'Peer successfully created'),
        400: errorReply('Invalid request body structure'),
        404: errorReply("Room doesn't exist"),
        503: errorReply('Peer limit of the room or of the server has been reached'),
      },
    },
    handler: async (request, reply) => {
      const { options = {} } = request.body;
      const room = rooms.get(request.params.room_id);
      if (!webrtcUsed) throw new ShoalError('peersDisabled');
      // A full room comes before wrong options.
      room.checkPeerLimit();
      const peer = room.addPeer(castOption(PeerOptionsWebRTC, options, 'invalidBody'));
      reply.code(201);
      return {
        data: {
          peer: peerJson(peer),
          token: issuePeerToken(room.id, peer.id),
          peer_websocket_url: `${host}/socket/peer/websocket`,
        },
      };
    },
  });

  app.route({
    method: 'DELETE',
    url: '/room/:room_id/peer/:id',
    schema: {
      operationId: 'delete_peer',
      summary: 'Delete peer',
      tags,
      params: z.object({ room_id, id: z.string().describe('Peer id') }),
      response: {
        204: emptyReply('Peer successfully deleted'),
        404: errorReply("Room ID or Peer ID references a resource that doesn't exist"),
      },
    },
    handler: async (request, reply) => {
      rooms.get(request.params.room_id).removePeer(request.params.id);
      return reply.code(204).send();
    },
  });
};
