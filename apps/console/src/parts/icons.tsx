import type { ReactNode } from 'react';

function icon(paths: ReactNode) {
  return function Icon({ size = 18 }: { readonly size?: number }) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        {paths}
      </svg>
    );
  };
}

export const OverviewIcon = icon(<path d="M4 6c6 0 5 6 10 6h6M4 18c6 0 5-6 10-6m3-4 4 4-4 4" />);
export const LiveIcon = icon(<path d="M3 12h4l3 8 4-16 3 8h4" />);
export const SourceIcon = icon(<path d="M20 4v16M4 12h11m-4-4 4 4-4 4" />);
export const DestinationIcon = icon(<path d="M4 4v16M9 12h11m-4-4 4 4-4 4" />);
export const DeadLetterIcon = icon(<path d="M3 7h18v11H3zm0 0 9 7 9-7M9 21h6" />);
export const PlaygroundIcon = icon(<path d="M9 3h6M10 3v6l-5 9a2 2 0 0 0 2 3h10a2 2 0 0 0 2-3l-5-9V3M8 15h8" />);
export const SunIcon = icon(
  <>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 3v1.5m0 15V21M3 12h1.5m15 0H21M5.6 5.6l1 1m10.8 10.8 1 1m0-12.8-1 1M6.6 17.4l-1 1" />
  </>,
);
export const MoonIcon = icon(<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.500 10.500z" />);
export const DeviceIcon = icon(<path d="M4 5h16v11H4zM9 20h6m-3-4v4" />);
export const LeaveIcon = icon(<path d="M14 4h5v16h-5M3 12h11m-4-4 4 4-4 4" />);
export const MenuIcon = icon(<path d="M4 7h16M4 12h16M4 17h16" />);
export const CopyIcon = icon(<path d="M9 9h11v11H9zM5 15H4V4h11v1" />);
export const CheckIcon = icon(<path d="m5 13 4 4L19 7" />);
export const PlusIcon = icon(<path d="M12 5v14M5 12h14" />);
export const CrossIcon = icon(<path d="M6 6l12 12M18 6 6 18" />);
export const PauseIcon = icon(<path d="M9 5v14M15 5v14" />);
export const PlayIcon = icon(<path d="M7 5v14l12-7z" />);
