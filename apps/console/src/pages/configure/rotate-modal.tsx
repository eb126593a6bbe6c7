import { Button, Modal, NativeSelect } from '@mantine/core';
import { useState } from 'react';

const OVERLAPS = [
  { value: '0', label: 'stop at once' },
  { value: '3600', label: 'work for an hour more' },
  { value: '86400', label: 'work for a day more' },
  { value: '604800', label: 'work for a week more' },
];

interface RotateModalProps {
  readonly opened: boolean;
  readonly what: string;
  readonly busy: boolean;
  readonly onRotate: (overlapSeconds: number) => void;
  readonly onClose: () => void;
}

export function RotateModal({ opened, what, busy, onRotate, onClose }: RotateModalProps) {
  const [overlap, setOverlap] = useState('86400');
  return (
    <Modal opened={opened} onClose={onClose} title={`Rotate the ${what}`}>
      <div className="stack">
        <NativeSelect
          label="The present ones"
          data={OVERLAPS}
          value={overlap}
          onChange={(event) => setOverlap(event.currentTarget.value)}
        />
        <div className="row">
          <Button loading={busy} onClick={() => onRotate(Number(overlap))}>
            Generate new ones
          </Button>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
        </div>
      </div>
    </Modal>
  );
}
