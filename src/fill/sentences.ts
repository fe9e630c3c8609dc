/**
 * What a person reads when something went wrong: one sentence that says what happened, and where there is one, what to
 * do next. English is the key for translation (vscode.l10n in the editor, plain on the command line).
 */
export const sentences = {
  // The image
  'image.empty': '{name} is empty (0 bytes).',
  'image.missing': '{name} is no longer there; it may have been moved or renamed.',
  'image.unreadable': '{name} cannot be read: {reason}.',
  'image.notAnImage': '{name} is not an image that Flux Fill can read. PNG, JPEG, WebP and GIF are supported.',
  'image.notAFile': '{name} is a folder or a device, not a file.',
  'image.unsupported': '{name} has the format {format}. PNG, JPEG, WebP and GIF are supported.',
  'image.truncated':
    '{name} is damaged or incomplete and cannot be decoded. Save it anew with the program it comes from.',
  'image.tooLarge':
    '{name} has {width} × {height} pixels ({megapixels} MP). Flux Fill works on images up to {limit} MP: make a smaller copy first.',
  'image.animated': '{name} is animated. Save one frame of it as an image of its own first.',
  // The mask
  'mask.empty': 'The mask is empty: nothing would change. Paint over the part that may change.',
  'mask.full': 'The mask covers the whole image: everything will be made anew.',
  'mask.size':
    'The mask {mask} has {maskWidth} × {maskHeight} pixels, the image {image} has {width} × {height}. They must match.',
  'mask.noAlpha':
    '{name} has no transparent part, so its alpha channel cannot serve as a mask. Mark the part by hand, or take a mask file.',
  'mask.noneBeside': 'There is no mask beside {name}, such as {mask}.',
  'mask.noLast': 'The mask of the last fill is no longer kept. Mark the part by hand, or take a mask file.',
  'mask.gone': 'Flux Fill no longer has {name}. Choose, drop or paste it again.',
  'mask.overSource': 'A mask cannot be saved over {name}, which is the image itself. Choose another name.',
  'mask.noChannel': '{name} has no channel {channel}. Choose another.',
  'mask.islands':
    'The mask has {islands} separate parts, so that one window around them is filled at a lower resolution. Filled one by one, each gets its own.',
  'mask.clipped': 'The mask reaches beyond the window: what lies outside the window is not filled.',
  'mask.outside': 'The rectangle must lie inside the image, which has {width} × {height} pixels.',
  'mask.transparent': 'Transparent pixels lie under the mask and stay transparent, so the fill does not show there.',
  'mask.stale': 'The mask changed while Generate was pressed. Press Generate again.',
  // The window
  'window.besideMask': 'The part that is sent does not touch the mask: nothing would change.',
  'window.outside': 'The part that is sent must lie inside the image, which has {width} × {height} pixels.',
  // Outpainting
  'expand.none': 'Nothing to fill: the canvas is not larger than the image.',
  'expand.tooLarge':
    'A canvas of {width} × {height} pixels is too large: at most {megapixels} MP, and {side} pixels a side.',
  'expand.overlap': 'The overlap leaves nothing of {name}. Choose a smaller one.',
  // The request
  'parameter.unsupported': '{service} has no {name}.',
  'parameter.prompt': '{service} needs a prompt.',
  'parameter.range': '{name} must be between {min} and {max}; it is {value}.',
  'parameter.integer': '{name} must be a whole number; it is {value}.',
  'parameter.choice': '{name} must be one of {choices}; it is {value}.',
  'parameter.url': '{name} must be an https address; it is {value}.',
  // The command line
  'argument.unknown': 'The command line cannot be read: {reason}. --help lists what there is.',
  'argument.image': 'Name an image, or several. --help lists what there is.',
  'argument.mask':
    'Say what may change with exactly one of --mask FILE, --mask-beside, --alpha, --rect x,y,w,h, --expand L,T,R,B, --aspect W:H and --outpaint PRESET.',
  'argument.folder': 'The current folder is gone. Change to one that is there, and try again.',
  'argument.noMatch': 'No file matches {pattern}.',
  'argument.several': '{name} goes with one image only.',
  'argument.run': 'Name exactly one recipe: flux-fill run RECIPE.',
  'argument.withRun': '--{name} does not go with “run”: the recipe says what is filled, and how.',
  'argument.expand': '--expand must be four whole numbers, left,top,right,bottom; it is {value}.',
  'argument.aspect': '--aspect must be two numbers, width:height; it is {value}.',
  'argument.rect':
    '{name} must be x,y,width,height in whole pixels, without spaces, none below 0 and no side 0; it is {value}.',
  'argument.number': '{name} must be a number; it is {value}.',
  'argument.out': '{name} cannot be made: {format} does not hold {what}. Choose another extension.',
  'argument.proxy': 'The address of the proxy in the environment cannot be used: {reason}.',
  'argument.resume': 'Name the job to go on with: flux-fill resume ID. “flux-fill jobs” lists them.',
  'argument.job': 'There is no open job {id}. “flux-fill jobs” lists them.',
  // The key
  'key.missing': 'No API key for {origin}. Set one with “Flux Fill: Set API Key”, or try the practice service.',
  'key.missingVariable': 'No API key for {origin}: set the environment variable {variable}.',
  'key.refused': '{origin} refused the API key. Set another with “Flux Fill: Set API Key”.',
  'key.characters': 'The API key for {origin} has characters that no key has, such as a line break. Nothing was sent.',
  'key.unreadable': 'VS Code could not read its secret storage: {reason}.',
  // Money
  'money.limit':
    'The daily limit of {limit} would be passed: {spent} is spent today, and this costs {price}. Nothing was sent.',
  'money.agentLimit':
    'The daily limit of {limit} for agents would be passed: they have spent {spent} today, and this costs {price}. Nothing was sent.',
  // The service
  'service.credits': 'The account at {origin} has no credits left. Add credits there, then press Generate again.',
  'service.badRequest': '{origin} did not accept the request: {reason}.',
  'service.invalid': '{origin} did not accept {field}: {reason}.',
  'service.notFound': '{origin} has no such address. Check the base URL in the settings.',
  'service.busy':
    '{origin} is busy and turned the request away {attempts} times. Nothing was charged; try again later.',
  'service.unavailable': '{origin} is not available right now (HTTP {status}). Nothing was charged; try again later.',
  'service.noAnswer': '{origin} could not say how the task is going (HTTP {status}).',
  'service.answer': '{origin} answered with something Flux Fill does not understand.',
  'service.failed': 'The service could not make this image: {reason}. Try it again, or with another prompt or mask.',
  'service.moderatedRequest': 'The service declined the request: {reasons}. Change the prompt, the mask or the image.',
  'service.moderatedResult':
    'The service made an image and withheld it: {reasons}. Another prompt or seed may give one that passes.',
  'service.cancelled': 'Task {id} was cancelled at {origin}. What it ran until then may have been charged.',
  'service.aborted': 'Task {id} was ended at {origin} before it began. Nothing was charged.',
  'service.taskGone': '{origin} no longer knows task {id}, sent at {time}; its result cannot be fetched.',
  'service.timeout':
    'No result from {origin} after {seconds} seconds. Task {id} may have one later: asking again is free.',
  'service.unknownOutcome':
    'The connection to {origin} broke while the request was being sent. It may have been accepted and charged; it is not sent again by itself.',
  'service.unknownStatus':
    '{origin} failed while it took the request (HTTP {status}). It may have been accepted and charged; it is not sent again by itself.',
  'service.unknownAnswer':
    '{origin} took the request, but its answer cannot be understood. It may have been charged; it is not sent again by itself.',
  'service.unknownPage':
    'A web page came where {origin} should have answered, perhaps the login page of a network or of a proxy. Whether the request was accepted and charged before is not known; it is not sent again by itself.',
  'service.pollingAddress':
    '{origin} named {host} as the place to ask for the result. The key is not sent there, so the result cannot be fetched.',
  'service.uploadAddress':
    '{origin} named {host} as the place for the image, which Flux Fill does not trust. Nothing was sent there.',
  'service.upload': 'The image could not be uploaded to {host} (HTTP {status}). Nothing was charged; try again later.',
  'service.resultAddress': 'The service named {host} as the place of the result, which Flux Fill does not trust.',
  'service.resultGone':
    'The result of task {id}, sent at {time}, is gone: its link has expired and the service gave no other.',
  'service.resultType': 'The service sent {type} instead of an image.',
  'service.resultSize': 'The service sent more than {limit} MB as a result; it was not read further.',
  'service.redirect':
    '{origin} redirects to {host}. Redirects are not followed with a key, nor to a place that is not trusted. It may be the login page of a network or of a proxy.',
  'service.baseUrl':
    'The base URL {url} cannot be used: it must be https (or http on this machine), without user name, password, query or fragment.',
  'service.noBaseUrl':
    '{service} has no base URL yet. Set {setting} to the address of the service: everything before /v1/.',
  // The network; {machine} is the one that asked, as the edge calls it
  'network.unreachable':
    '{host} cannot be reached from {machine} ({cause}). Check its network and the user setting http.proxy.',
  'network.proxy':
    'The proxy let nothing through from {machine} to {host} ({cause}). Check the settings http.proxy and http.noProxy.',
  'network.proxyAuth':
    'The proxy asks for a user and a password before it lets {machine} reach {host}, or does not accept those it got. Write them into the setting http.proxy, as http://user:password@proxy:port, with %40 for @ and %3A for : in them; VS Code keeps http.proxyAuthorization for itself.',
  'network.socks':
    'The proxy for {host} is a SOCKS proxy, to which Flux Fill does not speak. Name one that speaks HTTP, as http://proxy:port.',
  'network.certificate':
    'The certificate of {host} is not trusted on {machine} ({cause}). A company’s own authority must be among the certificates of its system; the setting http.systemCertificates has VS Code use them.',
  'network.broken':
    'The connection from {machine} to {host} broke ({cause}). Check its network and the user setting http.proxy.',
  'network.page':
    'A web page answered {machine} in place of {host} (HTTP {status}), perhaps the login page of a network or of a proxy. Log in there, or check the setting http.proxy.',
  'network.stopped': 'The call to {host} was stopped.',
  'network.timeout':
    '{host} did not answer {machine} within {seconds} seconds. Check its network and the user setting http.proxy.',
  // The result
  'result.notAnImage': 'What the service sent is not an image that can be read. It is kept in {place}.',
  'result.whole': 'The service made the whole picture anew; nothing of the source was put back.',
  'result.flagged': 'The service marked this image as not safe; it may be black or blurred.',
  'result.fewer': 'The service made {made} of {asked} images.',
  'result.kept': 'The result is kept in {place}. Once the folder can be written again, choose Save Again.',
  'result.otherShape':
    'The service sent {width} × {height} pixels where {sentWidth} × {sentHeight} were asked for; they were stretched to fit.',
  'result.otherPicture':
    'What the service sent does not show the surroundings of the mask. It was filled in as it came; look at it closely.',
  'result.changedOutside': '{count} samples outside the mask differ from the source.',
  // Saving
  'save.readOnly': 'Nothing can be written to {folder}. Work on a copy of the image in a folder of yours.',
  'save.exists': '{name} exists. Nothing was sent; use --force to replace it.',
  'save.lossy': 'The new file is compressed anew: pixels change a little everywhere, outside the mask too.',
  'save.noNote': 'The metadata of {name} leaves no room for a note of the settings, so the result has none.',
  'save.notAFile': '{name} exists and is no file that could be replaced. Nothing was sent.',
  'save.taken': '{name} was made by another program meanwhile. The result is saved as {saved}.',
  'save.noFolder': 'The folder {folder} is no longer there. Make it again to save the result.',
  'save.full': 'There is no space left on the disk for {name}. Make room, then save again.',
  'save.failed': '{name} could not be written: {reason}.',
  'source.cmyk': '{name} is a CMYK image. The result is saved as sRGB.',
  'source.gif': '{name} is a GIF. Its first frame was filled, and the result is saved as PNG.',
  'source.changed':
    '{name} changed while the job ran. The result was made from the image as it was when you pressed Generate.',
  'source.reloaded': '{name} changed on disk. The panel shows it as it is now; press Generate again.',
  'source.gone': '{name} was deleted or moved while the job ran. The result was made from the image as it was.',
  'replace.format':
    '{result} cannot take the place of {source}: it has another format. Save as “Like the source” to replace it.',
  'replace.changed': '{source} is no longer the image that {result} was made from; it is not replaced.',
  'replace.failed': '{source} was put away, and {result} could not take its name ({reason}). Both files still exist.',
  'note.none':
    '{name} does not say how it was made. Images that Flux Fill saves do, unless the setting for notes is off.',
  'insert.refused': 'The image could not be inserted into {name}. It may be read-only.',
  // Recipes
  'recipe.none': '{name} is no recipe: it must hold one JSON object.',
  'recipe.json': '{name} is no valid JSON: {reason}',
  'recipe.tooLarge': '{name} is too large for a recipe: at most {limit} kB.',
  'recipe.newer': '{name} was written by a later version of Flux Fill (form {version}).',
  'recipe.list': '“{key}” in {name} is a list; a recipe holds none.',
  'recipe.unknown': '{name} holds “{key}”, which is no part of a recipe.',
  'recipe.missing': '{name} lacks “{key}”.',
  'recipe.type': '“{key}” in {name} must be {expected}; it is {value}.',
  'recipe.least': '“{key}” in {name} must be at least {limit}; it is {value}.',
  'recipe.most': '“{key}” in {name} must be at most {limit}; it is {value}.',
  'recipe.whole': '“{key}” in {name} must be a whole number; it is {value}.',
  'recipe.long': '“{key}” in {name} is too long: at most {limit} characters.',
  'recipe.hash': '“{key}” in {name} must be a SHA-256 in lower-case hex: 64 digits.',
  'recipe.address':
    '“{key}” in {name} is an address ({value}). A recipe names files of its own folder; nothing is fetched.',
  'recipe.path': '“{key}” in {name} is {value}. A recipe names files by paths relative to itself, with “/”.',
  'recipe.outside': '{name} names {file}, which lies outside of {folder}. Nothing there is read.',
  'recipe.changed': '{file} is no longer the file that {name} was made for: its content has changed.',
  'recipe.restricted': 'Recipes are not run in Restricted Mode. Trust the workspace first.',
  'recipe.preset': 'The service made this picture by a preset of its own, which no recipe holds.',
  'recipe.elsewhere': '{name} lies on another disk than a recipe beside {source} could name.',
  'recipe.noFill': 'The mask of this fill is no longer kept, so there is no recipe of it.',
  // Batches
  'batch.none': 'None of the files can be filled.',
  'batch.changed': '{name} changed since the batch was planned. It was not sent; run the batch again.',
  'batch.stopped': 'It was not sent, because the batch was stopped.',
  'batch.stoppedBy': 'It was not sent, because the same would have met it: {why}',
  // The history
  'history.noCommand': 'The command line cannot say a larger canvas together with a mask that was marked by hand.',
  'history.noMask': 'The mask of this fill is no longer kept.',
  'history.notLocal': '{name} is not on this machine’s disk, so the command line cannot reach it.',
  'history.otherSize':
    '{name} has another size now than the mask of that fill. Its other settings were taken; the mask stayed as it is.',
  'history.gone': 'This fill is no longer in the history.',
  // Jobs
  'job.cancelled': 'Cancelled before anything was sent.',
  'job.cancelledThere': 'Cancelled at {origin}, which may still charge for what was under way.',
  'job.sendAgain':
    'Nobody can say whether it was accepted. “flux-fill resume {id} --send-again” sends it once more, perhaps paid for twice.',
  'job.forgotten':
    'It was waiting to be sent when VS Code was closed, too long ago to be sent without asking. Nothing was sent.',
  'job.stopped': 'Cancelled before the next step was sent.',
  'job.neverSent': 'The service has not got the request, and nothing is charged. You can send it again.',
  'job.partial': '{done} of {steps} steps are made and kept. Going on makes the rest, at its price.',
  'job.record':
    'The record of job {id} is damaged and cannot be gone on with. What is left of it is kept in {place}; if the job was sent, it may have been charged.',
  'job.busy': 'Another window is finishing this job.',
  'job.removed':
    'The record of this job in {folder} was deleted while it ran, and with it what its result is made from: it ends here. If it was sent, it may be charged.',
  'job.interrupted': 'Interrupted. Go on with: flux-fill resume {id}',
  'job.notReady': 'Not ready after {seconds} seconds. Go on with: flux-fill resume {id}',
  'journal.full':
    'There is no space left on the disk to record this job in {folder}. Nothing was sent; make room and try again.',
  'journal.read': 'The records of the jobs in {folder} cannot be read: {reason}.',
  'journal.write': 'This job could not be recorded in {folder} ({reason}). Nothing was sent.',
  'journal.behind':
    'The record of job {id} cannot be written ({reason}). Leave VS Code open until the disk can be written again, or a paid result may be lost.',
  // Anything else
  'worker.timeout': 'Working on the image took longer than {seconds} seconds and was stopped.',
  'worker.memory': 'There is not enough memory to work on this image. Close other images, or take a smaller one.',
  internal: 'Something went wrong inside Flux Fill. The log has the details.',
} as const;
