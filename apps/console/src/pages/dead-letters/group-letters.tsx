import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { useClient } from '../../api/session';
import type { DeadLetter, DeadLetterGroup, Page } from '../../api/types';
import { formatMoment } from '../../parts/format';
import { Loaded } from '../../parts/states';
import { userOf } from '../live/event-user';
import { LetterView } from './letter-view';

const SHOWN_AT_FIRST = 5;
const SHOWN_MORE = 45;
/** What the server gives at once; whoever needs all of them reads the API. */
const MOST = 250;

/** The newest events of a group. */
export function GroupLetters({ group: { destinationId, code, count } }: { readonly group: DeadLetterGroup }) {
  const client = useClient();
  const [limit, setLimit] = useState(SHOWN_AT_FIRST);
  const letters = useQuery({
    queryKey: ['dead-letters', 'of', destinationId, code, limit],
    queryFn: ({ signal }) => {
      const query = new URLSearchParams({ destinationId, code, limit: String(limit) });
      return client.get<Page<DeadLetter>>(`/dead-letters?${query.toString()}`, signal);
    },
    refetchInterval: 5_000,
    placeholderData: keepPreviousData,
  });
  return (
    <Loaded query={letters}>
      {({ data }) => (
        <>
          <ul className="letters">
            {data.map((letter) => (
              <Letter key={letter.id} letter={letter} />
            ))}
          </ul>
          {count > limit && limit < MOST && (
            <Button
              size="xs"
              variant="default"
              loading={letters.isPlaceholderData}
              onClick={() => setLimit(Math.min(MOST, limit + SHOWN_MORE))}
            >
              Show more
            </Button>
          )}
        </>
      )}
    </Loaded>
  );
}

function Letter({ letter }: { readonly letter: DeadLetter }) {
  const [opened, setOpened] = useState(false);
  const { id, event, at, attempts } = letter;
  return (
    <li>
      <Link to={`/events/${event.id}`} className="letter-name">
        {event.event}
      </Link>
      <span className="letter-user">{userOf(event)}</span>
      <span className="dim letter-when">
        {formatMoment(at)}
        {attempts > 1 && `, after ${attempts} attempts`}
      </span>
      <Button size="compact-xs" variant="default" onClick={() => setOpened(true)} aria-label={`Inspect ${id}`}>
        Inspect
      </Button>
      <LetterView letter={letter} opened={opened} onClose={() => setOpened(false)} />
    </li>
  );
}
