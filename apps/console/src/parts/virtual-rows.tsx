import { useMediaQuery } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, type ReactNode } from 'react';

export interface Column<T> {
  readonly title: string;
  /** As in `grid-template-columns`. */
  readonly width: string;
  readonly align?: 'right';
  /** On a phone, where columns that have none are left out. */
  readonly phoneWidth?: string;
  readonly cell: (row: T) => ReactNode;
}

interface VirtualRowsProps<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly rowHeight?: number;
  readonly onScroll?: (scrollTop: number) => void;
}

/** The header's height, and how much of a window is not the table. */
const HEAD_PX = 34;
const AROUND_PX = 250;
const PHONE = '(max-width: 640px)';

/** A table of any length: only the rows in sight are in the document. */
export function VirtualRows<T>({ label, columns: all, rows, keyOf, rowHeight = 40, onScroll }: VirtualRowsProps<T>) {
  const isPhone = useMediaQuery(PHONE, undefined, { getInitialValueInEffect: false }) === true;
  const columns = isPhone ? all.filter(({ phoneWidth }) => phoneWidth !== undefined) : all;
  const scroller = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: HEAD_PX,
  });
  const gridTemplateColumns = columns.map(({ width, phoneWidth }) => (isPhone && phoneWidth) || width).join(' ');
  const height = Math.min(virtual.getTotalSize() + HEAD_PX + 2, Math.max(320, window.innerHeight - AROUND_PX));
  return (
    <div className="grid-table">
      <div
        ref={scroller}
        className="grid-scroll"
        style={{ height }}
        tabIndex={0}
        role="table"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        onScroll={(event) => onScroll?.(event.currentTarget.scrollTop)}
      >
        <div role="rowgroup" className="grid-row grid-head" style={{ display: 'block', padding: 0 }}>
          <div role="row" aria-rowindex={1} className="grid-row" style={{ gridTemplateColumns, height: HEAD_PX }}>
            {columns.map(({ title, align }) => (
              <span key={title} role="columnheader" className={align === 'right' ? 'right' : undefined}>
                {title}
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="grid-body" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            if (row === undefined) return null;
            return (
              <div
                key={keyOf(row)}
                role="row"
                aria-rowindex={index + 2}
                className="grid-row"
                style={{ gridTemplateColumns, height: rowHeight, transform: `translateY(${start - HEAD_PX}px)` }}
              >
                {columns.map(({ title, align, cell }) => (
                  <span key={title} role="cell" className={align === 'right' ? 'right' : undefined}>
                    {cell(row)}
                  </span>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
