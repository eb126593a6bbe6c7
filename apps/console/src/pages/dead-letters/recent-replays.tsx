import { Button, Progress } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useClient, useMayChange } from '../../api/session';
import type { Page, Replay } from '../../api/types';
import { useAction } from '../../parts/action';
import { formatMoment, inWords } from '../../parts/format';
import { Panel } from '../../parts/page';
import { Pill } from '../../parts/pill';
import { replayStanding } from './replay-standing';

const SHOWN = 3;

/** What was sent again lately, and how far it has got. */
export function RecentReplays() {
  const client = useClient();
  const replays = useQuery({
    queryKey: ['replays', 'recent'],
    queryFn: ({ signal }) => client.get<Page<Replay>>(`/replays?dryRun=false&limit=${SHOWN}`, signal),
    refetchInterval: 2_000,
  });
  const shown = replays.data?.data ?? [];
  if (shown.length === 0) return null;
  return (
    <Panel title="Replays">
      <ul className="replays">
        {shown.map((replay) => (
          <Line key={replay.id} replay={replay} />
        ))}
      </ul>
    </Panel>
  );
}

function Line({ replay }: { readonly replay: Replay }) {
  const { id, state, destinationId, from, matched, settled, createdAt } = replay;
  const mayChange = useMayChange();
  const cancel = useAction((client) => client.ask('POST', `/replays/${id}/cancel`), { changes: ['replays'] });
  const share = matched === null || matched === 0 ? 0 : (settled / matched) * 100;
  return (
    <li>
      <Pill tone={state === 'done' ? 'ok' : state === 'cancelled' ? 'neutral' : 'info'}>{inWords(state)}</Pill>
      <span>
        {inWords(from)} to {destinationId}
      </span>
      <Progress value={share} aria-label={`Settled of the replay to ${destinationId}`} />
      <span className="dim">
        {replayStanding(replay)} · {formatMoment(createdAt)}
      </span>
      {mayChange && state === 'running' && (
        <Button size="compact-xs" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate(undefined)}>
          Cancel
        </Button>
      )}
    </li>
  );
}
