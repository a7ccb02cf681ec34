/** Stylesheets of one page type are imported by its entry; the server links what the build makes of them. */
declare module "*.css";
declare module "*?worker&url" {
  const address: string;
  export default address;
}
