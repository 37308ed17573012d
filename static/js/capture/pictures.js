// The pictures of a running video, one after another: {now, mediaTime, width, height}.

export function nextPicture(video) {
  return video.requestVideoFrameCallback ? called(video) : watched(video);
}

function called(video) {
  return new Promise((resolve) => {
    video.requestVideoFrameCallback((now, metadata) => resolve({ now, ...metadata }));
  });
}

// Where the browser calls nobody, the video is looked at before each repaint.
function watched(video) {
  const before = count(video);
  return new Promise((resolve) => {
    const look = (now) => {
      if (count(video) !== before) {
        resolve({ now, mediaTime: video.currentTime, width: video.videoWidth, height: video.videoHeight });
      } else if (video.srcObject) {
        requestAnimationFrame(look);
      }
    };
    requestAnimationFrame(look);
  });
}

const count = (video) => video.getVideoPlaybackQuality?.().totalVideoFrames || video.currentTime;
