export const help = `flux-fill IMAGE... (--mask FILE | --mask-beside | --alpha | --rect x,y,w,h) [options]
flux-fill IMAGE... (--expand L,T,R,B | --aspect W:H | --outpaint PRESET) [options]
flux-fill run RECIPE [--use-changed | --update-recipe] [options]
flux-fill jobs [--json]
flux-fill resume ID [--send-again] [--json] [--timeout S]
flux-fill spent [--json]
flux-fill credits [--service NAME] [--base-url URL] [--json]
flux-fill limit [DOLLARS | off]

Changes only the masked part of an image, with FLUX.1 Fill [pro], and saves a new file.

  --mask FILE        mask file of the image's size: white may change, black stays
  --channel C        what of the mask file counts: luminance, alpha, red, green, blue (luminance; alpha if only that varies)
  --mask-beside      NAME.mask.png, NAME-mask.png or NAME_mask.png beside each image
  --alpha            the image's own alpha channel: transparent may change
  --rect x,y,w,h     a rectangle in pixels
  --invert           swap what may change and what stays
  --fill-holes       what is marked all around is marked too
  --grow PX          grow the mask (negative shrinks)
  --feather PX       soften inside the edge of the mask

  --expand L,T,R,B   outpaint: add so many pixels left, top, right and bottom, and fill them
  --aspect W:H       outpaint: add what brings the image to this aspect ratio
  --outpaint PRESET  zoom-out-1.5x, zoom-out-2x, make-square, left, right, top, bottom
  --own-preset       let the service outpaint by its own preset (Replicate): it makes the whole picture anew
  --overlap PX       pixels of the image along the new area that are made anew with it (16)

  --prompt TEXT      what should be there
  --steps N          15 to 50 (50)
  --guidance N       1.5 to 100 (60; the service's guide uses 30)
  --seed N           the same seed and request give the same image; drawn and reported when left out
  --safety N         0 strict to 6 lenient (2)
  --upsample         let the service rewrite the prompt
  --images N         1 to 8 results, in one request where the service can, else with consecutive seeds (1)
  --format F         what the service is asked for: png, jpeg, webp (png)
  --send HOW         the mask as a picture of its own, or in the alpha channel of the image: mask, alpha (mask)
  --window W         auto, whole, or x,y,w,h: the part that is sent (auto)

  --service NAME     bfl (default), fal, replicate, compatible (a service that speaks Replicate's API), or practice
                     (free, no AI, the prompt is not used)
  --base-url URL     everything before /v1/ (https://api.bfl.ai), for fal before /fal-ai/; compatible needs one

  --out FILE         where to save; .png, .jpg or .webp decides the format (beside the image, as PNG)
  --force            replace an existing --out
  --opaque           make the filled part opaque where the image is transparent
  --no-tone          do not match the tone of the fill to its surroundings
  --no-note          do not note in the file how it was made
  --again            several images: make what is done already once more
  --use-changed      run a recipe although its image or mask has changed since it was written
  --update-recipe    the same, and note the new hashes in the recipe
  --dry-run          say what would be sent and what it costs, and send nothing
  --json             one JSON object on stdout instead of the path
  --timeout S        seconds from submit to saved file (600); the job can be resumed afterwards
  --send-again       resume a job whose outcome is unknown by sending it again, perhaps paid for twice

Several images, or a pattern such as 'img/**/*.png' (expanded here where the shell does not), are a batch: all are planned
first, with one price for all; then each is filled, and the failure of one does not hold up the others. Results and masks
of others among them are left out. What is done already is not done again: a result beside the image, or a job of the
journal, of the same image, mask, prompt and parameters (the seed only where --seed is given); what an earlier run began
is gone on with. --json lists all images. The exit code is the first that is not 0.

A recipe is a fill as a small file, NAME.fill.json, with paths and hashes of image and mask. Its files must lie inside the
folder the command is run in (or that of the recipe, where it lies elsewhere). It names no service: --service does.

The key is read from BFL_API_KEY, FAL_KEY, REPLICATE_API_TOKEN or FLUX_FILL_COMPATIBLE_KEY, by the service, and sent only
to the scheme, host and port of the base URL; resume sends it to the address the job was sent to. Proxies are read from HTTPS_PROXY, HTTP_PROXY and NO_PROXY. FLUX_FILL_LOG=1 tells more on
stderr.

spent lists what was spent by day and service on this command line; limit shows or sets what may be spent on a day;
credits asks the service, for nothing, what is left, where it tells.

Exit codes: 0 done, 1 internal, 2 bad input, 3 key, 4 no credits or the daily limit, 5 moderation, 6 service, 7 network, 8 timeout,
9 result unknown, 10 cannot save, 130 interrupted.`;
