import { z } from 'zod';
import { jsonReply } from '../reply.ts';
import { withinDeadline } from '../room-deadline.ts';
import type { RouteGroup } from '../route-group.ts';
import type { FishjamContext } from './fishjam-context.ts';

/** The version whose API this is; clients look at it. */
export const fishjamVersion = '0.6.3';

const HealthReportStatus = z.enum(['UP', 'DOWN']).meta({
  id: 'HealthReportStatus',
  description: 'Informs about the status of Fishjam or a specific service',
  example: 'UP',
});

const HealthReportDistribution = z
  .object({
    enabled: z.boolean().optional().describe('Whether distribution is enabled on this Fishjam'),
    nodeStatus: HealthReportStatus,
    nodesInCluster: z.int().describe("Amount of nodes (including this Fishjam's node) in the distribution cluster"),
  })
  .meta({ id: 'HealthReportDistribution', description: 'Informs about the status of Fishjam distribution' });

const HealthReport = z
  .object({
    status: HealthReportStatus,
    uptime: z.int().describe('Uptime of Fishjam (in seconds)'),
    distribution: HealthReportDistribution,
    version: z.string().describe('Version of Fishjam'),
    gitCommit: z.string().describe('Commit hash of the build'),
  })
  .meta({ id: 'HealthReport', description: 'Describes overall Fishjam health' });

const HealthcheckResponse = z.object({ data: HealthReport }).meta({
  id: 'HealthcheckResponse',
  description: 'Response containing health report of Fishjam',
});

/** docs/contracts/fishjam-rest.md 10. The reference was always up; a server that cannot serve peers says so with 503. */
export const healthRoutes: RouteGroup<FishjamContext> = (context) => async (app) => {
  app.route({
    method: 'GET',
    url: '/health',
    schema: {
      operationId: 'healthcheck',
      summary: 'Describes the health of Fishjam',
      tags: ['health'],
      response: {
        200: jsonReply(HealthcheckResponse, 'Healthy'),
        503: jsonReply(HealthcheckResponse, 'Not able to serve peers'),
      },
    },
    handler: async (request, reply) => {
      try {
        await withinDeadline(context.clock, context.checkHealth());
        return { data: report(context, 'UP') };
      } catch (err) {
        request.log.error({ err }, 'The health check failed.');
        reply.code(503);
        return { data: report(context, 'DOWN') };
      }
    },
  });
};

function report(context: FishjamContext, status: 'UP' | 'DOWN') {
  return {
    status,
    uptime: Math.floor((context.clock.monotonic() - context.startedAt) / 1000),
    distribution: context.distribution(),
    version: fishjamVersion,
    gitCommit: context.gitCommit,
  };
}
